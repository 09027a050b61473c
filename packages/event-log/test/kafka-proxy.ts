import { connect, createServer, type Server, type Socket } from 'node:net'
import type { BrokerAddress } from '../src/index.ts'

/** What a broker is asked, by Kafka's numbers. */
export const PRODUCE = 0

/** Splits a stream of Kafka's length-prefixed messages. */
function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return chunk => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      onFrame(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  }
}

/** Stands between a client and its brokers; requests always arrive, answers may be lost on the way back. */
export class KafkaProxy {
  /** Says of a request, by its number, whether its answer is lost. */
  losesAnswer: (apiKey: number) => boolean = () => false
  lostAnswers = 0
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #ports = new Map<number, number>()

  /** One door per broker, on a free port. */
  static async open(brokers: readonly string[]): Promise<KafkaProxy> {
    const proxy = new KafkaProxy()
    for (const broker of brokers) {
      const port = Number(broker.split(':')[1])
      const server = createServer(client => proxy.#join(client, port))
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      proxy.#servers.push(server)
      const address = server.address()
      if (address && typeof address === 'object') proxy.#ports.set(port, address.port)
    }
    return proxy
  }

  /** Leads a client through the doors, whatever addresses the brokers give. */
  readonly routeTo = ({ port }: BrokerAddress): BrokerAddress => ({
    host: '127.0.0.1',
    port: this.#ports.get(port) ?? port,
  })

  #join(client: Socket, port: number): void {
    const broker = connect({ host: '127.0.0.1', port })
    const lost = new Set<number>()
    const onRequest = frames(frame => {
      if (this.losesAnswer(frame.readInt16BE(4))) lost.add(frame.readInt32BE(8))
    })
    const onAnswer = frames(frame => {
      if (lost.delete(frame.readInt32BE(4))) this.lostAnswers++
      else client.write(frame)
    })
    client.on('data', (chunk: Buffer) => {
      onRequest(chunk)
      broker.write(chunk)
    })
    broker.on('data', onAnswer)
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#servers.map(server => new Promise(resolve => server.close(resolve))))
  }
}
