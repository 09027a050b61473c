import type { ServiceProcess } from '../service-process.ts'
import { processHere } from './current-process.ts'

const FETCH_TIMEOUT_MS = 300_000

export interface SimulatedRequest {
  readonly from: ServiceProcess
  readonly method: string
  /** `http://host`, without a path. */
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly signal: AbortSignal | null
  readonly timeoutMs: number
}

export interface SimulatedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** Carries requests of the processes; set by the simulation that runs. */
export const http: { send: (request: SimulatedRequest) => Promise<SimulatedResponse> } = {
  send: () => Promise.reject(new Error('No simulation runs.')),
}

/** What the product calls as `fetch`. */
export async function simulatedFetch(url: string, init: RequestInit): Promise<Response> {
  const { origin, pathname: path } = new URL(url)
  const { status, headers, body } = await http.send({
    ...{ from: processHere(), method: init.method ?? 'GET', origin, path, timeoutMs: FETCH_TIMEOUT_MS },
    headers: Object.fromEntries(new Headers(init.headers)),
    body: Buffer.from(String(init.body)),
    signal: init.signal ?? null,
  })
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new Response(body === '' ? null : body, { status, headers: given })
}
