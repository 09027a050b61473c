import { once } from 'node:events'
import { getContainerRuntimeClient, ImageName } from 'testcontainers'
import type { ServerFacts } from './server-control.ts'
import { waitUntil } from './wait-until.ts'

const PULL_DEADLINE_MS = 10 * 60_000
const STATE_DEADLINE_MS = 15_000
const LOG_LINES = 40

/** Null where a Docker engine of this machine answers and has, or can pull, all the images; else why not. */
export async function dockerProblem(
  images: readonly string[],
  { onProgress, signal }: { onProgress: (line: string) => void; signal: AbortSignal },
): Promise<string | null> {
  let client: Awaited<ReturnType<typeof getContainerRuntimeClient>>
  try {
    client = await getContainerRuntimeClient()
  } catch {
    return 'no engine answers'
  }
  const { host } = client.info.containerRuntime
  if (host !== 'localhost' && host !== '127.0.0.1') return `the engine publishes ports on ${host}, not on this machine`
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(PULL_DEADLINE_MS)])
  for (const image of images) {
    const name = ImageName.fromString(image)
    try {
      if (await client.image.exists(name)) continue
      onProgress(`Pulling ${image} …`)
      await Promise.race([client.image.pull(name), once(deadline, 'abort')])
      signal.throwIfAborted()
      if (await client.image.exists(name)) continue
      return `the engine answers, but could not pull ${image}${deadline.aborted ? ' in time' : ''}`
    } catch (error) {
      signal.throwIfAborted()
      return `the engine answers, but could not pull ${image} (${(error as Error).message})`
    }
  }
  return null
}

export async function inspectContainer(id: string): Promise<ServerFacts> {
  try {
    const container = await containerOf(id)
    const { State: state } = await container.inspect()
    if (!state.Running) return { state: 'gone', pid: null, rssBytes: 0 }
    const { memory_stats: memory } = await container.stats({ stream: false, 'one-shot': true })
    return { state: state.Paused ? 'frozen' : 'running', pid: state.Pid, rssBytes: memory.usage ?? 0 }
  } catch (error) {
    if (isAbsent(error)) return { state: 'gone', pid: null, rssBytes: 0 }
    throw error
  }
}

export async function signalContainer(id: string, what: 'kill' | 'pause' | 'unpause'): Promise<void> {
  const container = await containerOf(id)
  if (what === 'kill') await endNow(container)
  else await container[what]()
}

/** The last lines that the server in a container wrote. */
export async function readContainerLog(id: string): Promise<string> {
  const client = await getContainerRuntimeClient()
  const stream = await client.container.logs(client.container.getById(id), { tail: LOG_LINES, follow: false })
  stream.setEncoding('utf8')
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

/** Starts a container again with the files that it had. */
export async function restartContainer(id: string): Promise<void> {
  const container = await containerOf(id)
  await endNow(container)
  await container.start()
}

export async function removeContainer(id: string): Promise<void> {
  try {
    await (await containerOf(id)).remove({ force: true, v: true })
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

export async function removeNetwork(id: string): Promise<void> {
  const client = await getContainerRuntimeClient()
  try {
    await client.network.remove(client.network.getById(id))
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

async function endNow(container: Awaited<ReturnType<typeof containerOf>>): Promise<void> {
  const { State: state } = await container.inspect()
  if (!state.Running) return
  // Engines refuse to kill what is paused.
  if (state.Paused) await container.unpause()
  await container.kill()
  await waitUntil(async () => !(await container.inspect()).State.Running, {
    deadlineMs: STATE_DEADLINE_MS,
    what: `container ${container.id.slice(0, 12)} to end`,
  })
}

const containerOf = async (id: string) => (await getContainerRuntimeClient()).container.getById(id)

const isAbsent = (error: unknown): boolean => (error as { statusCode?: number }).statusCode === 404
