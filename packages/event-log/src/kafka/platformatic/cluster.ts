import { isIP } from 'node:net'
import { type API, Connection, metadataV12, type SASLMechanismValue } from '@platformatic/kafka'
import { ClientError, errorType, isPassing } from '../kafka-errors.ts'
import type { BrokerAddress, KafkaSettings } from '../kafka-options.ts'
import { clientError } from './client-errors.ts'

type Metadata = metadataV12.MetadataResponse

const ANY = 'any'

const USABLE = new Set(['connected', 'reauthenticating'])

/** The leader is another one by now, or none: what is known of the topic is old. */
const STALE = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'REPLICA_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
])

/** Whether an error may come from asking the wrong broker, or one that is away. */
export const isStale = (error: unknown): boolean => {
  const type = errorType(error)
  return type === undefined ? isPassing(error) : STALE.has(type)
}

const keyOf = ({ host, port }: BrokerAddress): string => `${host}:${port}`

function parseAddress(broker: string): BrokerAddress {
  const colon = broker.lastIndexOf(':')
  return colon < 0
    ? { host: broker, port: 9092 }
    : { host: broker.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(broker.slice(colon + 1)) }
}

/**
 * The brokers of a cluster: one connection to each, opened when it is needed, and who leads which partition.
 * Requests go out in versions that Kafka 3.0 and newer understands; none is negotiated.
 */
export class Cluster {
  /** Each begins with another broker: one that hangs is not the first for all. */
  static #opened = 0
  readonly #settings: KafkaSettings
  readonly #clientId: string
  readonly #requestTimeoutMs: number
  readonly #seeds: readonly BrokerAddress[]
  readonly #connections = new Map<string, Promise<Connection>>()
  #brokers = new Map<number, BrokerAddress>()
  /** Node by partition, by topic. */
  readonly #leaders = new Map<string, readonly number[]>()
  readonly #refreshing = new Map<string, Promise<void>>()
  /** Who is asked first when any broker will do; the next one after it has failed. */
  #turn: number
  #isClosed = false

  constructor(settings: KafkaSettings, clientId: string, requestTimeoutMs = settings.requestTimeoutMs) {
    this.#settings = settings
    this.#clientId = clientId
    this.#requestTimeoutMs = requestTimeoutMs
    this.#seeds = settings.brokers.map(parseAddress)
    this.#turn = Cluster.#opened++
  }

  /**
   * Sends one request and waits for its answer.
   * @param to id of a broker, or `any`
   */
  async ask<Request extends unknown[], Answer>(
    to: number | typeof ANY,
    api: API<Request, Answer>,
    ...request: Request
  ): Promise<Answer> {
    const connection = to === ANY ? await this.#any() : await this.#broker(to)
    try {
      return await api.async(connection, ...request)
    } catch (error) {
      if (to === ANY) this.#turn++
      throw clientError(error)
    }
  }

  /**
   * What a broker knows of the brokers and of these topics, or of all. Of a topic that it does not know, or of a partition
   * without a leader, it says so in `errorCode`.
   */
  async metadata(topics: readonly string[] | null, from: number | typeof ANY = ANY): Promise<Metadata> {
    const metadata = await this.ask(from, metadataV12.api, topics && [...topics], false, false).catch(partialAnswer)
    const brokers = metadata.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }] as const)
    if (brokers.length > 0) this.#brokers = new Map(brokers)
    for (const { name, partitions } of metadata.topics) {
      if (typeof name !== 'string') continue
      const leaders: number[] = []
      for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId
      this.#leaders.set(name, leaders)
    }
    return metadata
  }

  /** Who leads a partition as far as is known. */
  knownLeader(topic: string, partition: number): number | undefined {
    const leader = this.#leaders.get(topic)?.[partition]
    return leader !== undefined && leader >= 0 ? leader : undefined
  }

  /** @throws ClientError when nobody leads it at the moment */
  async leader(topic: string, partition: number): Promise<number> {
    const known = this.knownLeader(topic, partition)
    if (known !== undefined) return known
    await this.learn(topic)
    const leader = this.knownLeader(topic, partition)
    if (leader === undefined)
      throw new ClientError(`${topic}/${partition} has no leader.`, { isPassing: true, type: 'LEADER_NOT_AVAILABLE' })
    return leader
  }

  /** Asks who leads the partitions of a topic. */
  learn(topic: string): Promise<void> {
    let refreshing = this.#refreshing.get(topic)
    if (!refreshing) {
      refreshing = this.metadata([topic])
        .then(() => {})
        .finally(() => this.#refreshing.delete(topic))
      this.#refreshing.set(topic, refreshing)
    }
    return refreshing
  }

  /** After an error of a leader: who leads the topic must be asked again. */
  forget(topic: string): void {
    this.#leaders.delete(topic)
  }

  async #broker(id: number): Promise<Connection> {
    if (!this.#brokers.has(id)) await this.metadata([])
    const address = this.#brokers.get(id)
    if (!address) throw new ClientError(`Broker ${id} is not there.`, { isPassing: true })
    try {
      return await this.#connection(address)
    } catch (error) {
      // It may have moved.
      this.#brokers.delete(id)
      throw error
    }
  }

  async #any(): Promise<Connection> {
    const candidates = [...new Map([...this.#brokers.values(), ...this.#seeds].map(of => [keyOf(of), of])).values()]
    const first = this.#turn
    let failure: unknown
    for (let i = 0; i < candidates.length; i++) {
      try {
        return await this.#connection(candidates[(first + i) % candidates.length]!)
      } catch (error) {
        failure = error
        this.#turn++
      }
    }
    throw failure
  }

  async #connection(address: BrokerAddress): Promise<Connection> {
    if (this.#isClosed) throw new ClientError('The connections were closed.', { isPassing: true })
    const key = keyOf(address)
    const existing = this.#connections.get(key)
    if (existing) {
      const connection = await existing
      if (USABLE.has(connection.status)) return connection
      if (this.#connections.get(key) === existing) this.#connections.delete(key)
      return this.#connection(address)
    }
    const opening = this.#open(address)
    this.#connections.set(key, opening)
    const drop = (): void => {
      if (this.#connections.get(key) === opening) this.#connections.delete(key)
    }
    opening.then(connection => connection.on('close', drop), drop)
    return opening
  }

  async #open(address: BrokerAddress): Promise<Connection> {
    const { tls, sasl, connectionTimeoutMs, routeTo } = this.#settings
    const connection = new Connection(this.#clientId, {
      connectTimeout: connectionTimeoutMs,
      requestTimeout: this.#requestTimeoutMs,
      ...(tls ? { tls: isIP(address.host) ? tls : { servername: address.host, ...tls } } : {}),
      ...(sasl ? { sasl: { ...sasl, mechanism: sasl.mechanism.toUpperCase() as SASLMechanismValue } } : {}),
    })
    // Whoever waits for an answer gets the error; without a listener a second one would end the process.
    connection.on('error', () => {})
    const { host, port } = routeTo?.(address) ?? address
    try {
      await connection.connect(host, port)
    } catch (error) {
      connection.socket?.destroy()
      throw clientError(error)
    }
    if (this.#isClosed) {
      connection.socket.destroy()
      throw new ClientError('The connections were closed.', { isPassing: true })
    }
    return connection
  }

  /** Ends all connections at once; requests under way fail. */
  close(): void {
    this.#isClosed = true
    for (const opening of this.#connections.values()) opening.then(hangUp, () => {})
    this.#connections.clear()
  }
}

function hangUp(connection: Connection): void {
  connection.close(() => {})
  connection.socket.destroy()
}

/** An answer that names errors of single topics is thrown by the library; it is an answer all the same. */
function partialAnswer(error: unknown): Metadata {
  const { response } = (error instanceof ClientError ? (error.cause ?? {}) : {}) as { readonly response?: Metadata }
  if (response?.topics) return response
  throw error
}
