import type { Clock } from '@millrace/runtime'
import { logError } from '../errors.ts'
import type { KafkaAdmin } from './kafka-admin.ts'

export interface TopicFacts {
  readonly partitions: number
  /** Largest batch that the topic takes, bytes. */
  readonly maxMessageBytes: number
}

/** As Kafka's own clients do by default: partitions that were added are used after this time at the latest. */
const REFRESH_AFTER_MS = 300_000

/** What is known of topics, so that nobody asks the cluster per record. */
export class TopicDirectory {
  readonly #admin: KafkaAdmin
  readonly #clock: Clock
  readonly #facts = new Map<string, TopicFacts & { readonly loadedAtMs: number }>()
  readonly #loading = new Map<string, Promise<TopicFacts>>()

  constructor(admin: KafkaAdmin, clock: Clock) {
    this.#admin = admin
    this.#clock = clock
  }

  /** @throws unknown_topic when the topic was not loaded */
  known(topic: string): TopicFacts {
    const facts = this.#facts.get(topic)
    if (!facts) throw logError('unknown_topic', { topic })
    return facts
  }

  /** What is known now; undefined when it must be loaded first. What has become old is loaded anew behind the scenes. */
  peek(topic: string): TopicFacts | undefined {
    const facts = this.#facts.get(topic)
    if (facts && this.#clock.now() - facts.loadedAtMs > REFRESH_AFTER_MS) this.load(topic).catch(() => {})
    return facts
  }

  /**
   * @param count of its partitions, where that is known
   * @throws unknown_topic, log_unavailable
   */
  load(topic: string, count?: number): Promise<TopicFacts> {
    let loading = this.#loading.get(topic)
    if (!loading) {
      loading = this.#ask(topic, count).finally(() => this.#loading.delete(topic))
      this.#loading.set(topic, loading)
    }
    return loading
  }

  async #ask(topic: string, count?: number): Promise<TopicFacts> {
    const partitions = count ?? (await this.#admin.partitionCount(topic))
    const maxMessageBytes = await this.#admin.maxMessageBytes(topic)
    const facts = { partitions, maxMessageBytes, loadedAtMs: this.#clock.now() }
    this.#facts.set(topic, facts)
    return facts
  }

  /** Loads every topic, so that partitions can be told at once; what fails is loaded when it is needed. */
  async loadAll(): Promise<void> {
    const counts = await this.#admin.partitionCounts()
    const unknown = [...counts].filter(([name]) => !this.#facts.has(name) && !name.startsWith('__'))
    await Promise.all(unknown.map(([name, count]) => this.load(name, count)))
  }

  forget(): void {
    this.#facts.clear()
  }
}
