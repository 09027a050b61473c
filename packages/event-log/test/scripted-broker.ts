import { createServer, type Server, type Socket } from 'node:net'
import { Writer } from '@platformatic/kafka'

const METADATA = 3

export interface ScriptedTopic {
  readonly name: string
  readonly errorCode?: number
  /** Leader of each partition; −1 is none. */
  readonly leaders?: readonly number[]
}

/** A broker that knows two requests, Metadata v12 and Heartbeat v4, and answers, hangs or hangs up as the test says. */
export class ScriptedBroker {
  readonly nodeId: number
  port = 0
  mood: 'answers' | 'hangs' | 'hangs up' = 'answers'
  brokers: readonly ScriptedBroker[] = [this]
  topics: readonly ScriptedTopic[] = []
  /** Numbers of the requests that came. */
  readonly asked: number[] = []
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(nodeId: number) {
    this.nodeId = nodeId
    this.#server = createServer(socket => this.#serve(socket))
  }

  static async open(nodeId: number): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(nodeId)
    await new Promise<void>(resolve => broker.#server.listen(0, '127.0.0.1', resolve))
    const address = broker.#server.address()
    if (address && typeof address === 'object') broker.port = address.port
    return broker
  }

  /** Ends the connections that there are. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.hangUp()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #serve(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0)
        this.#answer(socket, rest.readInt16BE(4), rest.readInt32BE(8))
        rest = rest.subarray(end)
      }
    })
  }

  #answer(socket: Socket, apiKey: number, correlationId: number): void {
    this.asked.push(apiKey)
    if (this.mood === 'hangs') return
    if (this.mood === 'hangs up') {
      socket.destroy()
      return
    }
    const body =
      apiKey === METADATA ? this.#metadata() : Writer.create().appendInt32(0).appendInt16(0).appendTaggedFields()
    socket.write(
      Writer.create().appendInt32(correlationId).appendTaggedFields().appendFrom(body).prependLength().buffer,
    )
  }

  #metadata(): Writer {
    return Writer.create()
      .appendInt32(0)
      .appendArray([...this.brokers], (writer, { nodeId, port }) =>
        writer.appendInt32(nodeId).appendString('localhost').appendInt32(port).appendString(null),
      )
      .appendString('cluster')
      .appendInt32(this.nodeId)
      .appendArray([...this.topics], (writer, { name, errorCode = 0, leaders = [] }) =>
        writer
          .appendInt16(errorCode)
          .appendString(name)
          .appendUUID(null)
          .appendBoolean(false)
          .appendArray([...leaders], (inner, leader, partition) =>
            inner
              .appendInt16(leader < 0 ? 5 : 0)
              .appendInt32(partition)
              .appendInt32(leader)
              .appendInt32(0)
              .appendArray([leader], (w, node) => w.appendInt32(node), true, false)
              .appendArray([leader], (w, node) => w.appendInt32(node), true, false)
              .appendArray<number>([], (w, node) => w.appendInt32(node), true, false),
          )
          .appendInt32(0),
      )
      .appendTaggedFields()
  }
}
