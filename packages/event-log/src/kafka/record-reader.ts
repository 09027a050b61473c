import { logError } from '../errors.ts'
import type { LogRecord } from '../event-log.ts'
import type { ClientLibrary, FetchedRange, Fetcher } from './client-library.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { isPassing, kafkaError } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'

const ATTEMPTS = 6
/** A broker that has just become the leader of a partition may say that it has no offset which the log has; asked again as often. */
const REFUSALS = 20
const ASK_AGAIN_MS = 250
/** An open transaction hides what follows it; how often that is asked for again, a quarter of a second each. */
const EMPTY_FETCHES = 40

interface Fetched {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly range: FetchedRange
}

/** Reads ranges without a group. */
export class RecordReader {
  readonly #settings: KafkaSettings
  readonly #admin: KafkaAdmin
  readonly #library: () => Promise<ClientLibrary>
  /** One for all readers; a promise, so that those who begin at the same time share it. */
  #fetcher: Promise<Fetcher> | undefined
  /** What was fetched last: who reads short ranges one after the other gets them out of one fetch. */
  #fetched: Fetched | undefined

  constructor(settings: KafkaSettings, admin: KafkaAdmin, library: () => Promise<ClientLibrary>) {
    this.#settings = settings
    this.#admin = admin
    this.#library = library
  }

  async *read(
    topic: string,
    partition: number,
    { from, to }: { readonly from: number; readonly to: number },
  ): AsyncGenerator<readonly LogRecord[]> {
    const ranges = await this.#admin.ranges(topic)
    const range = ranges.find(candidate => candidate.partition === partition)
    if (!range) throw logError('unknown_topic', { topic: `${topic}/${partition}` })
    const last = Math.min(to, range.end)
    let emptyFetches = 0
    let refusals = 0
    for (let next = Math.max(from, range.earliest); next < last; ) {
      const fetched = this.#alreadyFetched(topic, partition, next) ?? (await this.#fetch(topic, partition, next))
      if (fetched === 'gone') {
        const now = (await this.#admin.ranges(topic)).find(candidate => candidate.partition === partition)
        if (!now) throw logError('unknown_topic', { topic: `${topic}/${partition}` })
        if (now.earliest <= next) {
          if (++refusals === REFUSALS)
            throw logError('log_unavailable', {
              where: `${topic}/${partition}`,
              reason: `the broker refuses offset ${next}, and the log has ${now.earliest} to ${now.end}`,
            })
          await this.#settings.clock.sleep(ASK_AGAIN_MS)
        } else next = now.earliest
        continue
      }
      if (fetched.next <= next) {
        if (++emptyFetches === EMPTY_FETCHES)
          throw logError('log_unavailable', {
            where: `${topic}/${partition}`,
            reason: `nothing comes from offset ${next} on`,
          })
        continue
      }
      emptyFetches = 0
      refusals = 0
      const records = fetched.between(next, last)
      // Also a fetch without records for us says how far it went: over those of aborted transactions, for example.
      next = fetched.next
      if (records.length > 0) yield records
    }
  }

  #alreadyFetched(topic: string, partition: number, offset: number): FetchedRange | undefined {
    const fetched = this.#fetched
    if (fetched?.topic !== topic || fetched.partition !== partition) return undefined
    return offset >= fetched.from && offset < fetched.range.next ? fetched.range : undefined
  }

  async #fetch(topic: string, partition: number, offset: number): Promise<FetchedRange | 'gone'> {
    const { clock, brokers, clientId } = this.#settings
    for (let attempt = 1; ; attempt++) {
      try {
        this.#fetcher ??= this.#library().then(library => library.createFetcher(`${clientId}-reader`))
        const fetcher = await this.#fetcher
        const range = await fetcher.fetch({ topic, partition }, offset)
        if (range !== 'gone') this.#fetched = { topic, partition, from: offset, range }
        return range
      } catch (error) {
        void this.#disconnect()
        if (!isPassing(error) || attempt === ATTEMPTS) throw kafkaError(error, `reading ${topic}/${partition}`, brokers)
        await clock.sleep(100 * 2 ** attempt)
      }
    }
  }

  async #disconnect(): Promise<void> {
    const fetcher = await this.#fetcher?.catch(() => undefined)
    await fetcher?.disconnect()
  }

  close(): Promise<void> {
    return this.#disconnect()
  }
}
