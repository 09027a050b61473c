import type { Random } from '@millrace/simulation'
import type { Loop } from './loop.ts'
import type { Destination, Network } from './network.ts'
import { currentProcess } from './outside/current-process.ts'
import type { SimulatedRequest, SimulatedResponse } from './outside/http.ts'
import type { Pod } from './pod.ts'
import type { ServiceProcess } from './service-process.ts'

const headerOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value))

/** A connection that is lost in the middle, as Node reports it. */
const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
const refused = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

/** Who takes the requests to an address. */
export interface HttpServer {
  readonly to: Destination
  /** What it does, for the trace. */
  readonly what: string
  /** The process that serves; the world where left out. */
  readonly process?: ServiceProcess
  readonly isUp: () => boolean
  readonly take: (request: SimulatedRequest) => SimulatedResponse | Promise<SimulatedResponse>
}

/** Any of the gateways that run; null where none does. */
export function gatewayOf(pods: readonly Pod[], random: Random): HttpServer | null {
  const up = pods.flatMap(({ running }) => (running?.server ? [running] : []))
  if (up.length === 0) return null
  const { process, server } = random.pick(up)
  return {
    ...{ to: 'gateway', what: 'gateway takes a request', process, isUp: () => process.isAlive },
    take: ({ method, path, headers, body }) =>
      currentProcess.run(process, async () => {
        const injected = await server!.inject({
          method: method as 'POST',
          url: path,
          headers: { ...headers, host: 'gateway' },
          payload: body,
        })
        return {
          status: injected.statusCode,
          headers: { 'retry-after': headerOf(injected.headers['retry-after']) },
          body: injected.payload,
        }
      }),
  }
}

/** Sends requests to servers; answers may be lost on their way, and connections break with the process that serves. */
export const createHttpNetwork =
  ({
    serverOf,
    network,
    loop,
    random,
  }: {
    /** Who takes requests to an origin now; null where nobody does. */
    readonly serverOf: (origin: string) => HttpServer | null
    readonly network: Network
    readonly loop: Loop
    readonly random: Random
  }) =>
  async (request: SimulatedRequest): Promise<SimulatedResponse> => {
    const { from, origin, signal, timeoutMs } = request
    const server = serverOf(origin)
    if (!server) {
      await from.clock.sleep(random.int(1, 5))
      throw refused()
    }
    const { to, what, process, isUp, take } = server
    const broken = Promise.withResolvers<never>()
    const over = new AbortController()
    broken.promise.catch(() => {})
    process?.onEnd(() => loop.after(1, from, 'loses a connection', () => broken.reject(reset())))
    signal?.addEventListener('abort', () => broken.reject(signal.reason), { once: true })
    const late = from.clock.sleep(timeoutMs, over.signal).then(
      () => {
        throw new Error(`no answer within ${timeoutMs} ms`)
      },
      () => broken.promise,
    )
    late.catch(() => {})
    const answer = network.call({
      ...{ from, to, what, isUp, timeoutMs, work: () => take(request) },
      ...(process && { server: process }),
    })
    answer.catch(() => {})
    try {
      return await Promise.race([answer, broken.promise, late])
    } finally {
      over.abort(new Error('over'))
    }
  }
