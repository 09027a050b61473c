import { once } from 'node:events'
import net from 'node:net'
import { sleepUntil } from './sleep-until.ts'

export interface HttpRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')

const encode = ({ path, headers, body }: HttpRequest): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${body.length}\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n`,
    ),
    body,
  ])

/** One kept-alive connection with one request at a time. */
class Connection {
  readonly #socket: net.Socket
  #received: Buffer = Buffer.alloc(0)
  #answered: PromiseWithResolvers<void> | undefined

  private constructor(socket: net.Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', error => this.#answered?.reject(error))
    socket.on('close', () => this.#answered?.reject(new Error('The server closed the connection.')))
  }

  static async open(port: number): Promise<Connection> {
    const socket = net.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** Resolves when a whole answer 200 is there; rejects with what else came. */
  async send(request: Buffer): Promise<void> {
    if (this.#socket.closed) throw new Error('The server closed the connection.')
    this.#answered = Promise.withResolvers()
    this.#socket.write(request)
    await this.#answered.promise
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const end = this.#received.indexOf(END_OF_HEAD)
    if (end < 0) return
    const head = this.#received.toString('latin1', 0, end)
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    if (length !== undefined && this.#received.length < end + END_OF_HEAD.length + Number(length)) return
    const body = this.#received
    this.#received = Buffer.alloc(0)
    if (length !== undefined && head.startsWith('HTTP/1.1 200 ')) this.#answered?.resolve()
    else this.#answered?.reject(new Error(`Expected 200 with a content-length, got: ${body.toString().slice(0, 500)}`))
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** A client that costs little beside the server: requests are made beforehand, answers are only counted. */
export class HttpLoad {
  readonly #ports: readonly number[]
  readonly #requests: readonly Buffer[]
  readonly #connections: number

  /** @param ports of servers that share the load: connections go to them in turn */
  constructor(ports: readonly number[], requests: readonly HttpRequest[], connections: number) {
    this.#ports = ports
    this.#requests = requests.map(encode)
    this.#connections = connections
  }

  /**
   * Works on every connection at once. They are new ones: servers close those that idle between two rounds.
   * @returns how long the work took, ms; connecting does not count
   */
  async #onEach(work: (connection: Connection, startMs: number) => Promise<void>): Promise<number> {
    const portOf = (number: number): number => this.#ports[number % this.#ports.length]!
    const connections = await Promise.all(
      Array.from({ length: this.#connections }, (_, number) => Connection.open(portOf(number))),
    )
    try {
      const startMs = performance.now()
      await Promise.all(connections.map(connection => work(connection, startMs)))
      return performance.now() - startMs
    } finally {
      for (const connection of connections) connection.close()
    }
  }

  #request(number: number): Buffer {
    return this.#requests[number % this.#requests.length]!
  }

  /** Sends so many requests as fast as they are answered. @returns requests per second */
  async rate(count: number): Promise<number> {
    let sent = 0
    const tookMs = await this.#onEach(async connection => {
      while (sent < count) await connection.send(this.#request(sent++))
    })
    return count / (tookMs / 1_000)
  }

  /**
   * Sends requests at a steady rate.
   * @returns how long each took from the moment at which it was due, ms: waiting for a free connection counts
   */
  async latencies(perSecond: number, seconds: number): Promise<readonly number[]> {
    const taken: number[] = []
    const total = Math.round(perSecond * seconds)
    let next = 0
    await this.#onEach(async (connection, startMs) => {
      while (next < total) {
        const number = next++
        const dueMs = startMs + (number * 1_000) / perSecond
        await sleepUntil(dueMs)
        await connection.send(this.#request(number))
        taken.push(performance.now() - dueMs)
      }
    })
    return taken
  }
}
