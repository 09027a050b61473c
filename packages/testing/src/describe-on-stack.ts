import { describe, inject, it } from 'vitest'
import type { ProvidedStack, RunningStack } from './provided-stack.ts'
import { skipWithout } from './skip-without.ts'
import type { StackAddresses } from './stack.ts'

type Need = keyof StackAddresses

/** A stack of which the named parts are there. */
export type StackWith<N extends Need> = RunningStack & {
  readonly [K in N]: NonNullable<StackAddresses[K]>
}

/**
 * A suite that needs real servers: `describeOnStack('kafka event log', ['kafka'], stack => { it(…) })`. Where they are
 * not there it counts as one skipped test, with the reason; with CI=true as one failed test.
 * @param body gets the addresses, those of the needed parts never null; runs only where they are there
 */
export function describeOnStack<const N extends Need>(
  name: string,
  needs: readonly N[],
  body: (stack: StackWith<N>) => void,
): void {
  const stack = inject('stack')
  const reason = missing(stack, needs)
  describe(name, () => {
    if (reason === null) return body(stack as StackWith<N>)
    it(`needs ${needs.join(', ')}`, context => skipWithout(context, reason))
  })
}

/** Why a suite cannot run, or null. */
export function missing(stack: ProvidedStack | undefined, needs: readonly Need[]): string | null {
  if (!stack) return 'no stack is provided: this test must run in the integration project'
  if ('unavailable' in stack) return stack.unavailable
  const absent = needs.filter(need => stack[need] === null)
  return absent.length > 0 ? `the stack has no ${absent.join(', ')}` : null
}
