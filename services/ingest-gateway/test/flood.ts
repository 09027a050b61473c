import http from 'node:http'
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { lol } from '@millrace/domains/lol/contract'
import { systemClock } from '@millrace/runtime'
import { keyText } from './gateway-kit.ts'

export interface FloodBody {
  readonly name: string
  readonly type: 'application/json' | 'application/x-ndjson'
  readonly encoding?: 'gzip' | 'br' | 'zstd'
  readonly bytes: Buffer
  /** Bytes after decompression. */
  readonly size: number
}

/** What Retry-After asks for at least. */
const PAUSE_MS = 1_000
let accounts = 0
/** Without an id: the gateway makes one and writes the record anew, which takes more memory than forwarding it. */
const record = (pad = 0, more: object = {}): string =>
  JSON.stringify({
    ...lol.topics.raw.route!.samples[0]!,
    account: `player-${accounts++ % 97}`,
    pad: 'x'.repeat(pad),
    ...more,
  })
const lines = (count: number, make: (index: number) => string): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, index) => `${make(index)}\n`).join(''))
const fastBrotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }

/** Bodies of every shape that costs memory: many small records, few large ones, compressed ones, and half of them wrong. */
export function floodBodies(): readonly FloodBody[] {
  const ndjson = 'application/x-ndjson' as const
  const one = Buffer.from(record())
  const many = lines(4_000, () => record())
  const large = lines(4, () => record(900_000))
  const padded = lines(1_000, () => record(2_000))
  const wrong = lines(2_000, index => (index % 2 === 0 ? record() : '{"x":"far"}'))
  return [
    { name: 'one record', type: 'application/json', bytes: one, size: one.length },
    { name: '4,000 records', type: ndjson, bytes: many, size: many.length },
    { name: '4 large records', type: ndjson, bytes: large, size: large.length },
    {
      name: '4 large records, zstd',
      type: ndjson,
      encoding: 'zstd',
      bytes: zstdCompressSync(large),
      size: large.length,
    },
    { name: '1,000 records, gzip', type: ndjson, encoding: 'gzip', bytes: gzipSync(padded), size: padded.length },
    {
      name: '4,000 records, br',
      type: ndjson,
      encoding: 'br',
      bytes: brotliCompressSync(many, fastBrotli),
      size: many.length,
    },
    { name: '2,000 records, half of them wrong', type: ndjson, bytes: wrong, size: wrong.length },
  ]
}

interface Result {
  readonly status: number
  readonly eventId?: string
  readonly partition?: number
  readonly offset?: number
}

/** Clients that send without end, each over a connection of its own, and note every answer. */
export class Flood {
  /** Event id by `partition/offset`. */
  readonly acknowledged = new Map<string, string>()
  /** How often each status was answered. */
  readonly statuses = new Map<number, number>()
  /** Answers that may not be, each kind once. */
  readonly violations = new Set<string>()
  offeredBytes = 0
  acceptedBytes = 0
  requests = 0
  readonly #url: string
  readonly #stopping = new AbortController()
  #clients: Promise<void>[] = []

  constructor(url: string) {
    this.#url = `${url}/v1/events/lol`
  }

  /** Adds clients, which send the bodies in turn and come back as early as they may. */
  start(count: number, bodies: readonly FloodBody[]): void {
    for (let index = 0; index < count; index++)
      this.#clients.push(this.#send(bodies.map((_, at) => bodies[(at + index) % bodies.length]!)))
  }

  async #send(bodies: readonly FloodBody[]): Promise<void> {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    for (let at = 0; !this.#stopping.signal.aborted; at++) {
      const body = bodies[at % bodies.length]!
      try {
        const answer = await post(this.#url, body, agent)
        this.#note(body, answer)
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        this.violations.add(`${body.name}: ${code ?? ''} ${message}`)
      }
      this.requests++
      this.offeredBytes += body.size
      await systemClock.sleep(PAUSE_MS, this.#stopping.signal).catch(() => {})
    }
    agent.destroy()
  }

  #note({ name, size }: FloodBody, { status, headers, text }: Awaited<ReturnType<typeof post>>): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    if (status === 429 || status === 503) {
      if (!(Number(headers['retry-after']) > 0)) this.violations.add(`${name}: ${status} without Retry-After`)
      return
    }
    if (status !== 200 && status !== 207) {
      this.violations.add(`${name}: ${status} ${text.slice(0, 300)}`)
      return
    }
    const { accepted, results } = JSON.parse(text) as { accepted: number; results: readonly Result[] }
    this.acceptedBytes += (size * accepted) / results.length
    for (const { status, partition, offset, eventId } of results)
      if (status === 200) this.acknowledged.set(`${partition}/${offset}`, eventId!)
  }

  /** Resolves when every request that was begun is answered. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#clients)
    this.#clients = []
  }
}

function post(url: string, { type, encoding, bytes }: FloodBody, agent: http.Agent) {
  const headers = {
    authorization: `Bearer ${keyText('test')}`,
    'content-type': type,
    'content-length': bytes.length,
    ...(encoding ? { 'content-encoding': encoding } : {}),
  }
  return new Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent, headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      )
    })
    request.on('error', reject)
    request.end(bytes)
  })
}
