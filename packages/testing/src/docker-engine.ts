import { getContainerRuntimeClient, ImageName } from 'testcontainers'
import type { ServerFacts } from './server-control.ts'

/** Null where a Docker engine answers and has, or can pull, all the images; else why not. */
export async function dockerProblem(images: readonly string[]): Promise<string | null> {
  let client: Awaited<ReturnType<typeof getContainerRuntimeClient>>
  try {
    client = await getContainerRuntimeClient()
  } catch {
    return 'no engine answers'
  }
  for (const image of images) {
    const name = ImageName.fromString(image)
    try {
      await client.image.pull(name, { force: false, platform: undefined })
      if (await client.image.exists(name)) continue
      return `the engine answers but has no image ${image} and could not pull it`
    } catch (error) {
      return `the engine answers but has no image ${image} and could not pull it (${(error as Error).message})`
    }
  }
  return null
}

export async function inspectContainer(id: string): Promise<ServerFacts> {
  try {
    const container = await containerOf(id)
    const { State: state } = await container.inspect()
    if (!state.Running) return { state: 'gone', pid: null, rssBytes: 0 }
    const { memory_stats: memory } = await container.stats({ stream: false })
    return { state: state.Paused ? 'frozen' : 'running', pid: state.Pid, rssBytes: memory.usage ?? 0 }
  } catch (error) {
    if (isAbsent(error)) return { state: 'gone', pid: null, rssBytes: 0 }
    throw error
  }
}

export async function signalContainer(id: string, what: 'kill' | 'pause' | 'unpause'): Promise<void> {
  await (await containerOf(id))[what]()
}

/** Starts a container again with the files that it had. */
export async function restartContainer(id: string): Promise<void> {
  const container = await containerOf(id)
  const { State: state } = await container.inspect()
  if (state.Running) await container.kill()
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

const containerOf = async (id: string) => (await getContainerRuntimeClient()).container.getById(id)

const isAbsent = (error: unknown): boolean => (error as { statusCode?: number }).statusCode === 404
