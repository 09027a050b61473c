import type { TestContext } from 'vitest'

/**
 * Skips a test that needs what is not there; with CI=true it fails instead.
 * @param reason what is missing; null where nothing is
 */
export function skipWithout(context: Pick<TestContext, 'skip'>, reason: string | null): void {
  if (reason === null) return
  if (process.env.CI === 'true') throw new Error(`With CI=true this may not be skipped: ${reason}`)
  context.skip(reason)
}
