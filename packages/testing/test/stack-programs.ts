import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { getContainerRuntimeClient } from 'testcontainers'
import { type StackOptions, type StackWay, stopStack, waitUntil } from '../src/index.ts'
import { fetchKafkaMetadata } from '../src/kafka-metadata.ts'

/** A folder for a stack; `dispose` ends what runs in it and removes it with its data. */
export function stackFolder(way: StackWay) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'millrace-stack-'))
  return {
    directory,
    async dispose() {
      await stopStack(directory, { removeData: true })
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
      const volumes = way === 'docker' ? await volumesOf(directory) : []
      if (volumes.length > 0) throw new Error(`Volumes were left behind: ${volumes}`)
    },
  }
}

export function startProgram(script: string, ...args: string[]): ChildProcess & { said: string; complained: string } {
  const file = fileURLToPath(new URL(`./fixtures/${script}`, import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const program = Object.assign(child, { said: '', complained: '' })
  child.stdout.on('data', chunk => {
    program.said += chunk
  })
  child.stderr.on('data', chunk => {
    program.complained += chunk
  })
  return program
}

export const startStackProgram = (options: StackOptions) => startProgram('start-stack.ts', JSON.stringify(options))

/** The code with which a program ends; throws with what it wrote to stderr when that is not 0. */
export async function endOf(program: ReturnType<typeof startProgram>): Promise<void> {
  if (program.exitCode === null) await once(program, 'exit')
  if (program.exitCode !== 0) throw new Error(`It ended with ${program.exitCode}: ${program.complained}`)
}

/** Command lines of this machine's processes that name the folder. */
export function processesIn(directory: string): string[] {
  const lines = existsSync('/proc/self')
    ? commandsOfProc()
    : execFileSync('ps', ['-axwwo', 'args=']).toString().split('\n')
  return lines.filter(line => line.includes(directory))
}

const commandsOfProc = (): string[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return '' // It ended while we looked.
      }
    })

const labelOf = (directory: string) => ({ label: [`millrace.stack=${directory}`] })

/** Names of the containers of a stack, also of those that do not run. */
export async function containersOf(directory: string): Promise<string[]> {
  const { dockerode } = (await getContainerRuntimeClient()).container
  const containers = await dockerode.listContainers({ all: true, filters: labelOf(directory) })
  return containers.flatMap(container => container.Names)
}

async function volumesOf(directory: string): Promise<string[]> {
  const { dockerode } = (await getContainerRuntimeClient()).container
  const { Volumes: volumes } = await dockerode.listVolumes({ filters: labelOf(directory) })
  return volumes.map(volume => volume.Name)
}

/** Waits until neither a process of this machine names the folder nor a container belongs to it. */
export async function nothingIsLeft(directory: string, way: StackWay): Promise<void> {
  const left = async () => [
    ...processesIn(directory).map(line => line.slice(0, 200)),
    ...(way === 'docker' ? await containersOf(directory) : []),
  ]
  const first = await left()
  await waitUntil(async () => (await left()).length === 0, {
    deadlineMs: 60_000,
    what: `nothing to be left of ${first.join(', ')}`,
  })
}

/** A Kafka client that keeps quiet and gives up soon. */
export const withKafka = (brokers: readonly string[], use: (kafka: Kafka) => Promise<void>): Promise<void> =>
  use(new Kafka({ clientId: 'test', brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 8 } }))

/**
 * Creates a topic that every broker knows of when this resolves: kafkajs takes a broker that does not know it yet for an error, and
 * a cluster that is choosing its controller too.
 */
export async function createTopic(
  kafka: Kafka,
  brokers: readonly string[],
  topic: { readonly topic: string; readonly numPartitions: number; readonly replicationFactor: number },
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const create = async (): Promise<boolean> => {
    await admin.createTopics({ topics: [topic], waitForLeaders: false })
    return true
  }
  await waitUntil(create, { deadlineMs: 60_000, what: `the topic ${topic.topic} to be created` })
  await admin.disconnect()
  for (const broker of brokers) {
    const [host, port] = broker.split(':')
    await waitUntil(
      async () => {
        const { partitions } = await fetchKafkaMetadata(host!, Number(port), 5_000)
        const led = partitions.filter(partition => partition.topic === topic.topic && partition.leader >= 0)
        return led.length === topic.numPartitions
      },
      { deadlineMs: 60_000, what: `${broker} to know the leaders of ${topic.topic}` },
    )
  }
}
