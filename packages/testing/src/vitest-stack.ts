import { rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { CodedError, shellWord } from '@millrace/runtime'
import { describeStack, openStack } from './open-stack.ts'
import type { ProvidedStack } from './provided-stack.ts'
import type { Stack, StackWay } from './stack.ts'
import { stackError } from './stack-errors.ts'
import { startStack } from './start-stack.ts'

/*
 * Global set-up of the integration tests: one stack for all of them, ended after the run. With
 * MILLRACE_TEST_STACK_KEEP=true the stack stays, and later runs use it at once. MILLRACE_TEST_STACK_VIA=docker or java
 * runs it that way only. Vitest calls this only when a file of the project is going to run.
 */

const ROOT = fileURLToPath(new URL('../../../.millrace/', import.meta.url))

interface Project {
  provide(key: 'stack', value: ProvidedStack): void
}

export default function setUp(project: Project): Promise<() => Promise<void>> {
  const { CI, MILLRACE_TEST_STACK_KEEP, MILLRACE_TEST_STACK_VIA } = process.env
  // Tests hand their environment to services, which refuse names with our prefix that they do not know.
  delete process.env.MILLRACE_TEST_STACK_KEEP
  delete process.env.MILLRACE_TEST_STACK_VIA
  const say = (line: string): void => void process.stderr.write(`  stack: ${line}\n`)
  const via = { ...(MILLRACE_TEST_STACK_VIA ? { way: readWay(MILLRACE_TEST_STACK_VIA) } : {}) }
  return setUpStack(project, { mustRun: CI === 'true', keep: MILLRACE_TEST_STACK_KEEP === 'true', ...via, say })
}

function readWay(text: string): StackWay {
  if (text === 'docker' || text === 'java') return text
  throw stackError('bad_options', { problem: `MILLRACE_TEST_STACK_VIA is "${text}"; expected docker or java.` })
}

interface SetUpOptions {
  /** Makes it an error that there is no stack. */
  readonly mustRun: boolean
  /** Leaves the stack running for later runs. */
  readonly keep: boolean
  /** Where it is given, the stack is run this way or not at all. */
  readonly way?: StackWay
  readonly say: (line: string) => void
  readonly open?: typeof openStack
  readonly describe?: typeof describeStack
  readonly start?: typeof startStack
}

/**
 * Provides a stack that runs, or why there is none.
 * @returns what ends the stack, where this run started it and may end it
 */
export async function setUpStack(project: Project, options: SetUpOptions): Promise<() => Promise<void>> {
  const { mustRun, keep, say, open = openStack } = options
  const shared = path.join(ROOT, 'test-stack')
  const running = await open(shared)
  if (running?.detached) {
    say(
      `using the one left running in ${shared} (end it: npm run millrace -- stack down --directory ${shellWord(shared)})`,
    )
    await heal(running, options)
    project.provide('stack', { ...running.addresses, directory: shared, way: running.way })
    return async () => {}
  }
  let stack: Stack
  try {
    stack = await startSomewhere([shared, path.join(ROOT, `test-stack-${process.pid}`)], options)
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'unavailable')) throw error
    if (mustRun) throw new Error(`With CI=true the real servers must be there. ${error.message}`, { cause: error })
    say(`${error.message} Tests that need them are skipped.`)
    project.provide('stack', { unavailable: error.message })
    return async () => {}
  }
  project.provide('stack', { ...stack.addresses, directory: stack.directory, way: stack.way })
  return async () => {
    if (keep) return
    await stack.stop({ graceMs: 0, removeData: true })
    if (stack.directory !== shared) rmSync(stack.directory, { recursive: true, force: true })
  }
}

/** Starts in the first folder that no other run of the tests has its stack in. */
async function startSomewhere(directories: readonly string[], options: SetUpOptions): Promise<Stack> {
  const { keep, way, say, start = startStack } = options
  const [directory, ...others] = directories
  const shape = { kafkaBrokers: 3, dataNodes: 2, cassandra: true, fresh: true } as const
  try {
    return await start({ directory: directory!, ...shape, ...(way ? { way } : {}), detached: keep, onProgress: say })
  } catch (error) {
    const isTaken = error instanceof CodedError && (error.code === 'busy' || error.code === 'already_running')
    if (!isTaken || others.length === 0) throw error
    return startSomewhere(others, options)
  }
}

/** Starts again what an earlier run left killed or frozen. */
async function heal(stack: Stack, { say, describe = describeStack }: SetUpOptions): Promise<void> {
  const servers = (await describe(stack.directory))?.servers ?? []
  for (const { name, state } of servers.filter(server => !server.ready)) {
    say(`${name} is ${state} and not ready; starting it again`)
    await stack.server(name).restart()
  }
}
