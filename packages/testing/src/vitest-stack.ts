import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { CodedError } from '@millrace/runtime'
import type { TestProject } from 'vitest/node'
import { openStack } from './open-stack.ts'
import type { ProvidedStack } from './provided-stack.ts'
import type { Stack } from './stack.ts'
import { startStack } from './start-stack.ts'

/*
 * Global set-up of the integration tests: one stack for all of them, ended after the run. With
 * MILLRACE_TEST_STACK_KEEP=true the stack stays, and later runs use it at once. Vitest calls this only when a file of
 * the project is going to run.
 */

const ROOT = fileURLToPath(new URL('../../../.millrace/', import.meta.url))
const say = (line: string): void => void process.stderr.write(`  stack: ${line}\n`)

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const keep = process.env.MILLRACE_TEST_STACK_KEEP === 'true'
  // Tests hand their environment to services, which refuse names with our prefix that they do not know.
  delete process.env.MILLRACE_TEST_STACK_KEEP
  try {
    const { stack, mine } = await findStack(keep)
    project.provide('stack', { ...stack.addresses, directory: stack.directory })
    return async () => {
      if (mine && !keep) await stack.stop({ graceMs: 0 })
    }
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'unavailable')) throw error
    if (process.env.CI === 'true') throw new Error(`With CI=true the real servers must be there. ${error.message}`)
    say(`${error.message} Tests that need them are skipped.`)
    project.provide('stack', { unavailable: error.message } satisfies ProvidedStack)
    return async () => {}
  }
}

async function findStack(keep: boolean): Promise<{ stack: Stack; mine: boolean }> {
  const shared = path.join(ROOT, 'test-stack')
  const running = await openStack(shared)
  if (running?.detached) {
    say(`using the one left running in ${shared} (end it: npm run millrace -- stack down --directory ${shared})`)
    return { stack: running, mine: false }
  }
  // Another run of the tests has its own there, and ends it when it is through.
  const directory = running ? path.join(ROOT, `test-stack-${process.pid}`) : shared
  const options = { kafkaBrokers: 3, dataNodes: 2, cassandra: true, fresh: true, quickStart: true } as const
  return { stack: await startStack({ directory, ...options, detached: keep, onProgress: say }), mine: true }
}
