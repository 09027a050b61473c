import { inspectProcess, type ProcessState, signalProcess } from '@millrace/runtime'
import { endProcess, killProcess, spawnServer } from './java-process.ts'
import { checkReady } from './readiness.ts'
import type { ServerHandle } from './stack.ts'
import { stackError } from './stack-errors.ts'
import { forgetPid, logFileOf, outputFileOf, readPid, type ServerRecord } from './stack-state.ts'
import { tailOf, writeWhole } from './text-file.ts'
import { WaitError, waitUntil } from './wait-until.ts'

const READY_DEADLINE_MS = 180_000
const READY_POLL_MS = 150
const SIGNAL_DEADLINE_MS = 10_000

/** Loaded only where there are containers: it is large. */
const docker = () => import('./docker-engine.ts')

export interface ServerFacts {
  readonly state: ProcessState
  readonly pid: number | null
  readonly rssBytes: number
}

/** What is known of a process or container that was noted under a name. */
export async function inspectServer(directory: string, name: string): Promise<ServerFacts> {
  const thing = readPid(directory, name)
  if (!thing || 'network' in thing) return { state: 'gone', pid: null, rssBytes: 0 }
  if ('container' in thing) return (await docker()).inspectContainer(thing.container)
  const { state, rssBytes } = inspectProcess(thing.process)
  return { state, rssBytes, pid: state === 'gone' ? null : thing.process.pid }
}

/** Ends what was noted under a name, in good order where `graceMs` allows, and forgets it. */
export async function endServer(directory: string, name: string, graceMs: number): Promise<void> {
  const thing = readPid(directory, name)
  if (!thing) return
  if ('container' in thing) {
    await (await docker()).endContainer(thing.container, graceMs)
    await keepLog(directory, name, thing.container)
    await (await docker()).removeContainer(thing.container)
  } else if ('network' in thing) await (await docker()).removeContainer(thing.network)
  else if (graceMs > 0) await endProcess(name, thing.process, graceMs)
  else await killProcess(name, thing.process)
  forgetPid(directory, name)
}

/** Puts what a container's server wrote where the logs of processes are, before it goes with the container. */
async function keepLog(directory: string, name: string, container: string): Promise<void> {
  const text = await (await docker()).readContainerLog(container)
  if (text !== null) writeWhole(logFileOf(directory, name), text)
}

/** Where a server's log is and its last lines; a container's are fetched to that file first. */
async function readLog(directory: string, name: string): Promise<{ log: string; tail: string }> {
  const [log, output] = [logFileOf(directory, name), outputFileOf(directory, name)]
  const thing = readPid(directory, name)
  if (thing && 'container' in thing) await keepLog(directory, name, thing.container)
  return { log, tail: tailOf([log, output]) }
}

/** Waits until a server does its work; throws with its last log lines when it ends first or takes too long. */
export async function waitReady(
  directory: string,
  server: ServerRecord,
  {
    servers,
    signal,
    onNotYet,
  }: {
    servers: readonly ServerRecord[]
    signal?: AbortSignal | undefined
    /** Told after each look why it is not ready. */
    onNotYet?: (reason: string) => void
  },
): Promise<void> {
  const { name } = server
  let outcome: 'gone' | 'ready'
  try {
    outcome = await waitUntil(
      async () => {
        if ((await inspectServer(directory, name)).state === 'gone') return 'gone'
        await checkReady(server, servers).catch((error: unknown) => {
          onNotYet?.(error instanceof Error ? error.message : String(error))
          throw error
        })
        return 'ready'
      },
      { deadlineMs: READY_DEADLINE_MS, what: name, intervalMs: READY_POLL_MS, signal },
    )
  } catch (error) {
    if (!(error instanceof WaitError)) throw error
    const last = error.cause instanceof Error ? error.cause.message : String(error.cause)
    const details = { name, seconds: READY_DEADLINE_MS / 1000, last, ...(await readLog(directory, name)) }
    throw stackError('not_ready', details, error)
  }
  if (outcome === 'gone') throw stackError('died', { name, ...(await readLog(directory, name)) })
}

export function createServerHandle(
  directory: string,
  server: ServerRecord,
  servers: readonly ServerRecord[],
): ServerHandle {
  const { name } = server

  async function withRunning(what: string, run: { process: NodeJS.Signals; container: 'kill' | 'pause' | 'unpause' }) {
    const thing = readPid(directory, name)
    const { state } = await inspectServer(directory, name)
    if (!thing || state === 'gone' || 'network' in thing) throw stackError('not_running', { name, what })
    if ('container' in thing) return (await docker()).signalContainer(thing.container, run.container)
    if (run.process === 'SIGKILL') return killProcess(name, thing.process)
    signalProcess(thing.process, run.process)
    const wanted = run.process === 'SIGSTOP' ? 'frozen' : 'running'
    await waitUntil(() => inspectProcess(thing.process).state === wanted, {
      deadlineMs: SIGNAL_DEADLINE_MS,
      what: `${name} to be ${wanted}`,
      intervalMs: 5,
    })
  }

  return {
    name,
    kill: () => withRunning('killed', { process: 'SIGKILL', container: 'kill' }),
    freeze: () => withRunning('frozen', { process: 'SIGSTOP', container: 'pause' }),
    thaw: () => withRunning('thawed', { process: 'SIGCONT', container: 'unpause' }),
    async restart() {
      const thing = readPid(directory, name)
      if (thing && 'container' in thing) await (await docker()).restartContainer(thing.container)
      else {
        if (thing && 'process' in thing) await killProcess(name, thing.process)
        await spawnServer(directory, name, server.launch!)
      }
      await waitReady(directory, server, { servers })
    },
  }
}
