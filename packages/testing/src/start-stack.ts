import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWaitTeller, shellWord, systemClock } from '@millrace/runtime'
import { takeLock } from './directory-lock.ts'
import { endStack, removeData } from './end-stack.ts'
import { findFreePorts } from './free-ports.ts'
import { type PreparedServer, prepareJavaServers } from './java-way.ts'
import { attach, liveServers } from './open-stack.ts'
import { selectWay } from './select-way.ts'
import { inspectServer, waitReady } from './server-control.ts'
import { addressOf, listServers, planServers, type ServerPlan, SOFTWARE_OF, type StackShape } from './server-plan.ts'
import type { Stack, StackOptions, StackWay } from './stack.ts'
import { stackError } from './stack-errors.ts'
import { beginRun, lockFile, readState, stateFile, writeState } from './stack-state.ts'

interface Guardian {
  /** Ends the guardian without ending the servers. */
  release(): void
}

/**
 * Starts Kafka, HDFS and Cassandra, as many as asked for (default: one broker, one DataNode, Cassandra), in parallel,
 * and waits until each does its work. When one fails, or the signal aborts, all are ended again.
 * @throws StackError `unavailable`, `already_running`, `busy`, `bad_options`, `died`, `not_ready`, `tool_failed`
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const shape = readShape(options)
  const directory = path.resolve(options.directory)
  const lock = takeLock(lockFile(directory))
  if (!lock) throw stackError('busy', { directory })
  try {
    const running = await liveServers(directory)
    if (running.length > 0)
      throw stackError('already_running', { directory, argument: shellWord(directory), servers: running.join(', ') })
    return await startIn(directory, shape, options)
  } finally {
    lock.release()
  }
}

function readShape({ kafkaBrokers = 1, dataNodes = 1, cassandra = true }: StackOptions): StackShape {
  const problem = (text: string) => stackError('bad_options', { problem: text })
  if (![0, 1, 3].includes(kafkaBrokers)) throw problem(`kafkaBrokers is ${kafkaBrokers}; expected 0, 1 or 3.`)
  if (![0, 1, 2, 3].includes(dataNodes)) throw problem(`dataNodes is ${dataNodes}; expected 0, 1, 2 or 3.`)
  const shape = { kafkaBrokers, dataNodes, cassandra }
  if (listServers(shape).length === 0) throw problem('There is nothing to start: ask for Kafka, HDFS or Cassandra.')
  return shape
}

async function startIn(directory: string, shape: StackShape, options: StackOptions): Promise<Stack> {
  const { onProgress = () => {}, fresh = false, detached = false, quickStart = true } = options
  const began = systemClock.now()
  // Nothing that is noted runs any more, but a container that ended may still be there.
  await endStack(directory, 0)
  if (fresh) {
    await removeData(directory)
    for (const name of ['logs', 'conf', 'stack.json']) removeIn(directory, name)
  }
  const earlier = readState(directory)
  const software = [...new Set(listServers(shape).map(server => SOFTWARE_OF[server.kind]))]
  const failed = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal
  const selected = await selectWay(software, { forced: options.way, onProgress, signal })
  signal.throwIfAborted()
  if (earlier && earlier.way !== selected.way)
    onProgress(`The data of the last run ${WAY_WORDS[earlier.way]} stays there; these servers begin without it.`)
  const plans = await planServers(shape, findFreePorts, earlier?.servers)
  const guardian = startGuardian(directory, beginRun(directory))
  try {
    const context = { directory, plans, quickStart, signal, onProgress }
    const servers: PreparedServer[] =
      selected.way === 'java'
        ? await prepareJavaServers({ ...context, java: selected.java.command })
        : await (await import('./docker-way.ts')).prepareContainers(context)
    const startedAt = new Date(systemClock.now()).toISOString()
    const records = servers.map(({ begin: _, ...record }) => record)
    writeState(directory, { format: 1, way: selected.way, startedAt, detached, servers: records })
    onProgress(`Starting ${listNames(plans)} ${WAY_WORDS[selected.way]} …`)
    await beginAll(directory, servers, { signal, failed, began, onProgress })
  } catch (error) {
    onProgress('The start failed; ending what was started …')
    await endStack(directory, 0)
    rmSync(stateFile(directory), { force: true })
    guardian.release()
    throw options.signal?.aborted ? options.signal.reason : error
  }
  onProgress(`All ready after ${secondsSince(began)} s.`)
  if (detached) guardian.release()
  const stack = attach(directory, readState(directory)!)
  return {
    ...stack,
    async stop(stopOptions) {
      await stack.stop(stopOptions)
      guardian.release()
    },
  }
}

/** Starts all at once; the first failure aborts the others, and is thrown when none is under way any more. */
async function beginAll(
  directory: string,
  servers: readonly PreparedServer[],
  {
    signal,
    failed,
    began,
    onProgress,
  }: { signal: AbortSignal; failed: AbortController; began: number; onProgress: (line: string) => void },
): Promise<void> {
  let first: unknown
  const waits = createWaitTeller({ clock: systemClock, say: onProgress })
  const starts = servers.map(async server => {
    try {
      await server.begin()
      let notYet: string | null = null
      const onNotYet = (reason: string): void => {
        notYet = reason
      }
      await waits.during(server.name, waitReady(directory, server, { servers, signal, onNotYet }), () => notYet)
      const { rssBytes } = await inspectServer(directory, server.name)
      const size = rssBytes > 0 ? `, ${Math.round(rssBytes / 2 ** 20)} MiB` : ''
      onProgress(`${server.name} is ready at ${addressOf(server)} after ${secondsSince(began)} s${size}`)
    } catch (error) {
      first ??= error
      failed.abort(error)
    }
  })
  await Promise.all(starts)
  if (first !== undefined) throw first
}

function startGuardian(directory: string, run: string): Guardian {
  const script = fileURLToPath(new URL('./guardian.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, directory, run], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  ;(child.stdin as unknown as { unref(): void }).unref()
  return { release: () => void child.stdin.end('release\n') }
}

const WAY_WORDS: Record<StackWay, string> = { docker: 'in containers', java: 'as Java processes' }

const removeIn = (directory: string, name: string): void =>
  rmSync(path.join(directory, name), { recursive: true, force: true })

const listNames = (plans: readonly ServerPlan[]): string => plans.map(plan => plan.name).join(', ')

const secondsSince = (beganMs: number): string => ((systemClock.now() - beganMs) / 1000).toFixed(1)
