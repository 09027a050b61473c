import { exchange } from './wire.ts'

export interface KafkaMetadata {
  /** Brokers that are registered and not fenced, by node id. */
  readonly brokers: readonly number[]
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly leader: number
    readonly replicas: readonly number[]
    readonly inSync: readonly number[]
  }[]
}

const METADATA = 3
const VERSION = 1

/** Asks one broker what it knows of the cluster (Metadata request, version 1: every 4.x broker serves it). */
export async function fetchKafkaMetadata(host: string, port: number, timeoutMs: number): Promise<KafkaMetadata> {
  const clientId = Buffer.from('millrace-stack')
  const body = Buffer.alloc(10 + clientId.length + 4)
  body.writeInt16BE(METADATA, 0)
  body.writeInt16BE(VERSION, 2)
  body.writeInt32BE(1, 4)
  body.writeInt16BE(clientId.length, 8)
  clientId.copy(body, 10)
  body.writeInt32BE(-1, 10 + clientId.length) // null: every topic
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return exchange({ host, port, timeoutMs }, async ({ send, receive }) => {
    send(Buffer.concat([size, body]))
    return parseMetadata(await receive((await receive(4)).readInt32BE()))
  })
}

/** Reads a Metadata response of version 1, without its length. */
export function parseMetadata(response: Buffer): KafkaMetadata {
  let at = 4 // the correlation id
  const skip = (length: number) => {
    at += length
    return at - length
  }
  const int32 = () => response.readInt32BE(skip(4))
  const int16 = () => response.readInt16BE(skip(2))
  const text = () => {
    const length = int16()
    if (length < 0) return ''
    const start = skip(length)
    return response.toString('utf8', start, at)
  }
  const list = <T>(item: () => T): T[] => Array.from({ length: int32() }, item)
  const brokers = list(() => {
    const id = int32()
    text() // host
    int32() // port
    text() // rack
    return id
  })
  int32() // controller
  const topics = list(() => {
    int16() // error
    const topic = text()
    skip(1) // internal
    return list(() => {
      int16() // error
      const partition = int32()
      const leader = int32()
      return { topic, partition, leader, replicas: list(int32), inSync: list(int32) }
    })
  })
  return { brokers, partitions: topics.flat() }
}
