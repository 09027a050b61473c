import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Logger, makeDirectory } from '@millrace/runtime'
import { logError } from '../errors.ts'
import type { TopicReport, TopicSpec } from '../event-log.ts'
import { type OpenFile, PartitionLog } from './partition-log.ts'

export interface EmbeddedTopic {
  spec: TopicSpec
  readonly partitions: PartitionLog[]
}

interface TopicsOptions {
  readonly directory: string
  readonly segmentBytes: number
  readonly clock: Clock
  readonly logger: Logger
  readonly openFile?: OpenFile
}

/** The topics of an embedded log: `<topic>/topic.json` and a folder per partition. */
export class EmbeddedTopics {
  readonly #options: TopicsOptions
  readonly #topics = new Map<string, EmbeddedTopic>()

  private constructor(options: TopicsOptions) {
    this.#options = options
  }

  static async open(options: TopicsOptions): Promise<EmbeddedTopics> {
    const topics = new EmbeddedTopics(options)
    await makeDirectory(options.directory)
    for (const name of await readdir(options.directory)) {
      const text = await readFile(join(options.directory, name, 'topic.json'), 'utf8').catch(() => null)
      // A folder without the file is a creation that was cut short; it holds nothing.
      if (text !== null) await topics.#open(JSON.parse(text) as TopicSpec)
    }
    return topics
  }

  /** @throws unknown_topic */
  get(name: string): EmbeddedTopic {
    const topic = this.#topics.get(name)
    if (!topic) throw logError('unknown_topic', { topic: name })
    return topic
  }

  /** @throws unknown_topic, also when there is no such partition */
  partition(name: string, partition: number): PartitionLog {
    const log = this.get(name).partitions[partition]
    if (!log) throw logError('unknown_topic', { topic: `${name}/${partition}` })
    return log
  }

  async ensure(wanted: TopicSpec): Promise<TopicReport> {
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(wanted.name) || /^\.+$/.test(wanted.name))
      throw logError('invalid_topic', { topic: wanted.name, reason: 'expected 1–249 of a–z, A–Z, 0–9, ".", "_", "-"' })
    if (!Number.isInteger(wanted.partitions) || wanted.partitions < 1)
      throw logError('invalid_topic', {
        topic: wanted.name,
        reason: `${wanted.partitions} partitions, expected at least 1`,
      })
    const found = this.#topics.get(wanted.name)?.spec
    if (!found) {
      await this.#save(wanted)
      await this.#open(wanted)
      return { name: wanted.name, outcome: 'created', differences: [] }
    }
    const differences = (['partitions', 'retentionMs', 'cleanup', 'maxMessageBytes'] as const)
      .filter(setting => found[setting] !== wanted[setting])
      .map(setting => `${setting}: ${found[setting]}, wanted ${wanted[setting]}`)
    if (differences.length > 0) {
      const spec = { ...wanted, partitions: Math.max(found.partitions, wanted.partitions) }
      await this.#save(spec)
      await this.#open(spec)
    }
    const outcome = wanted.partitions < found.partitions ? 'differs' : differences.length > 0 ? 'changed' : 'unchanged'
    return { name: wanted.name, outcome, differences }
  }

  async #save(spec: TopicSpec): Promise<void> {
    const folder = join(this.#options.directory, spec.name)
    await makeDirectory(folder)
    const file = join(folder, 'topic.json')
    await writeFile(`${file}.tmp`, `${JSON.stringify(spec)}\n`)
    await rename(`${file}.tmp`, file)
  }

  async #open(spec: TopicSpec): Promise<void> {
    const topic = this.#topics.get(spec.name) ?? { spec, partitions: [] }
    topic.spec = spec
    const { directory, ...rest } = this.#options
    while (topic.partitions.length < spec.partitions) {
      const partition = topic.partitions.length
      const folder = join(directory, spec.name, String(partition))
      topic.partitions.push(await PartitionLog.open({ ...rest, topic: spec.name, partition, directory: folder }))
    }
    this.#topics.set(spec.name, topic)
  }

  /** Removes what is older than its topic's retention; compacted topics keep everything. */
  async applyRetention(): Promise<void> {
    const nowMs = this.#options.clock.now()
    for (const topic of this.#topics.values())
      for (const partition of topic.partitions) {
        // The topic may have been altered while the partition before was worked on.
        const { cleanup, retentionMs } = topic.spec
        if (cleanup === 'delete') await partition.deleteBefore(nowMs - retentionMs)
      }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#topics.values()].flatMap(topic => topic.partitions.map(partition => partition.close())))
  }
}
