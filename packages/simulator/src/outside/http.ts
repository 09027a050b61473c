import type { ServiceProcess } from '../service-process.ts'

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
