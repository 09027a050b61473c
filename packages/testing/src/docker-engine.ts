import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import net from 'node:net'
import { getContainerRuntimeClient, ImageName } from 'testcontainers'
import type { ServerFacts } from './server-control.ts'
import { stackError } from './stack-errors.ts'
import { waitUntil } from './wait-until.ts'

const ANSWER_DEADLINE_MS = 30_000
const PULL_DEADLINE_MS = 10 * 60_000
const STATE_DEADLINE_MS = 15_000
const LOG_LINES = 5000
const USUAL_SOCKET = '/var/run/docker.sock'

type Engine = Awaited<ReturnType<typeof getContainerRuntimeClient>>
type Container = ReturnType<Engine['container']['getById']>

/** Null where a Docker engine of this machine answers and has, or can pull, all the images; else why not. */
export async function dockerProblem(
  images: readonly string[],
  { onProgress, signal }: { onProgress: (line: string) => void; signal: AbortSignal },
): Promise<string | null> {
  const answered = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_DEADLINE_MS)])
  let engine: Engine | undefined
  try {
    engine = await Promise.race([getContainerRuntimeClient(), once(answered, 'abort').then(() => undefined)])
  } catch {
    return whyNoEngine(process.env.DOCKER_HOST)
  }
  signal.throwIfAborted()
  if (!engine) return `the engine accepts connections but gave no answer in ${ANSWER_DEADLINE_MS / 1000} s`
  const { host } = engine.info.containerRuntime
  if (!(await isThisMachine(host))) return `the engine is at ${host}, so its ports are not those of this machine`
  const { operatingSystemType: system } = engine.info.containerRuntime
  if (system !== 'linux') return `the engine runs ${system} containers, not Linux ones`
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(PULL_DEADLINE_MS)])
  for (const image of images) {
    const name = ImageName.fromString(image)
    try {
      if (await engine.image.exists(name)) continue
      onProgress(`Pulling the image ${image} (once) …`)
      await Promise.race([engine.image.pull(name), once(deadline, 'abort')])
      signal.throwIfAborted()
      if (await engine.image.exists(name)) continue
      return `the engine answers, but could not pull ${image}${deadline.aborted ? ` in ${PULL_DEADLINE_MS / 60_000} minutes` : ''}`
    } catch (error) {
      signal.throwIfAborted()
      return `the engine answers, but has no image ${image} and could not pull it (${wordsOf(error)})`
    }
  }
  return null
}

/** Whether a host name or address, as testcontainers found it, means the machine on which this process runs. */
export function isThisMachine(host: string): Promise<boolean> {
  // Where testcontainers takes this machine for a container it names the gateway of the engine's network. Only an
  // address of one's own can be listened on.
  return new Promise(resolve => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port: 0 }, () => server.close(() => resolve(true)))
  })
}

/**
 * What is seen of an engine that does not answer.
 * @param access throws as `fs.accessSync` does where this user may not use a socket
 */
export function whyNoEngine(
  dockerHost: string | undefined,
  access = (socket: string) => accessSync(socket, constants.R_OK | constants.W_OK),
): string {
  const socket = dockerHost === undefined ? USUAL_SOCKET : /^unix:\/\/(.+)/.exec(dockerHost)?.[1]
  try {
    if (socket !== undefined) access(socket)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES')
      return `this user may not use the engine's socket ${socket} (is it in the group docker?)`
  }
  if (dockerHost !== undefined) return `no engine answers at DOCKER_HOST=${dockerHost}`
  return `no engine answers at ${USUAL_SOCKET} or where Docker Desktop listens (DOCKER_HOST names another place)`
}

/** What an engine said, without the wrapping of the client. */
const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/^\(HTTP code \d+\) [^-]*- /, '')
    .trim()
    .replace(/\.$/, '')

export async function inspectContainer(name: string): Promise<ServerFacts> {
  const container = await containerOf(name)
  try {
    const { State: state } = await container.inspect()
    if (!state.Running) return { state: 'gone', pid: null, rssBytes: 0 }
    const { memory_stats: memory } = await container.stats({ stream: false, 'one-shot': true })
    // Without what the system caches of files, which counts as the container's too.
    const cached = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0
    const rssBytes = Math.max(0, (memory.usage ?? 0) - cached)
    return { state: state.Paused ? 'frozen' : 'running', pid: state.Pid, rssBytes }
  } catch (error) {
    if (isAbsent(error)) return { state: 'gone', pid: null, rssBytes: 0 }
    throw error
  }
}

export async function signalContainer(name: string, what: 'kill' | 'pause' | 'unpause'): Promise<void> {
  const container = await containerOf(name)
  if (what === 'kill') return killNow(container)
  const { State: state } = await container.inspect()
  // Engines refuse to do again what is done; the signals to a process do not.
  if (state.Paused !== (what === 'pause')) await container[what]()
}

/** The last lines that the server in a container wrote; null where there is no such container. */
export async function readContainerLog(name: string): Promise<string | null> {
  const container = await containerOf(name)
  try {
    // The stream that testcontainers makes of a log never ends.
    return textOf(await container.logs({ follow: false, stdout: true, stderr: true, tail: LOG_LINES }))
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

/** What is in the frames of a container's log: a byte for the stream, three unused, a length of 32 bits, then the text. */
export function textOf(log: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= log.length; ) {
    const end = at + 8 + log.readUInt32BE(at + 4)
    parts.push(log.subarray(at + 8, end))
    at = end
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Starts a container again with the data and files that it had; one that runs is killed first. */
export async function restartContainer(name: string): Promise<void> {
  const container = await containerOf(name)
  await killNow(container)
  await container.start()
}

/** Ends what runs in a container, in good order where `graceMs` allows. */
export async function endContainer(name: string, graceMs: number): Promise<void> {
  const container = await containerOf(name)
  try {
    if (graceMs === 0) return await killNow(container)
    const { State: state } = await container.inspect()
    if (state.Paused) await container.unpause()
    if (state.Running) await container.stop({ t: Math.ceil(graceMs / 1000) })
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

/** Removes a container, ending what runs in it, but not its data. */
export async function removeContainer(name: string): Promise<void> {
  await endContainer(name, 0)
  try {
    // Volumes without a name are those that the image asks for and that hold nothing here.
    await (await containerOf(name)).remove({ force: true, v: true })
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

export async function removeVolume(name: string): Promise<void> {
  const engine = await openEngine()
  try {
    await engine.container.dockerode.getVolume(name).remove()
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

async function killNow(container: Container): Promise<void> {
  const { State: state } = await container.inspect()
  if (!state.Running) return
  // Engines refuse to end what is paused.
  if (state.Paused) await container.unpause()
  await container.kill()
  await waitUntil(async () => !(await container.inspect()).State.Running, {
    deadlineMs: STATE_DEADLINE_MS,
    what: `container ${container.id} to end`,
    intervalMs: 20,
  })
}

async function openEngine(): Promise<Engine> {
  try {
    return await getContainerRuntimeClient()
  } catch (error) {
    throw stackError('engine_away', {}, error)
  }
}

const containerOf = async (name: string): Promise<Container> => (await openEngine()).container.getById(name)

const isAbsent = (error: unknown): boolean => (error as { statusCode?: number }).statusCode === 404
