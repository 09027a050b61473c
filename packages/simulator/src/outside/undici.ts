import { processHere } from './current-process.ts'
import { http } from './http.ts'

interface PoolOptions {
  readonly headersTimeout?: number
}

interface RequestOptions {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly signal?: AbortSignal
}

const DEFAULT_TIMEOUT_MS = 300_000

/** Connections to one server, over the simulated network. */
export class Pool {
  readonly #origin: string
  readonly #timeoutMs: number

  constructor(origin: string, { headersTimeout = DEFAULT_TIMEOUT_MS }: PoolOptions = {}) {
    this.#origin = origin
    this.#timeoutMs = headersTimeout
  }

  async request({ method, path, headers, body, signal }: RequestOptions) {
    const request = { method, path, headers, body, origin: this.#origin, timeoutMs: this.#timeoutMs }
    const response = await http.send({ ...request, from: processHere(), signal: signal ?? null })
    return {
      statusCode: response.status,
      headers: response.headers,
      body: { text: async () => response.body },
    }
  }

  async close(): Promise<void> {}
  async destroy(): Promise<void> {}
}
