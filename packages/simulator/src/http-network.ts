import type { Random } from '@millrace/simulation'
import type { Loop } from './loop.ts'
import type { Network } from './network.ts'
import { currentProcess } from './outside/current-process.ts'
import type { SimulatedRequest, SimulatedResponse } from './outside/http.ts'
import type { Pod } from './pod.ts'

const headerOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value))

/** A connection that is lost in the middle, as Node reports it. */
const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
const refused = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

/** Sends requests to any of the gateways that run; answers may be lost on their way, and connections break with their gateway. */
export const createHttpNetwork =
  ({
    pods,
    network,
    loop,
    random,
  }: {
    readonly pods: () => readonly Pod[]
    readonly network: Network
    readonly loop: Loop
    readonly random: Random
  }) =>
  async (request: SimulatedRequest): Promise<SimulatedResponse> => {
    const { from, method, path, headers, body, signal, timeoutMs } = request
    const up = pods().flatMap(pod => (pod.running?.server ? [pod.running] : []))
    const running = up.length === 0 ? null : random.pick(up)
    if (!running) {
      await from.clock.sleep(random.int(1, 5))
      throw refused()
    }
    const { process, server } = running
    const broken = Promise.withResolvers<never>()
    const over = new AbortController()
    broken.promise.catch(() => {})
    process.onEnd(() => loop.after(1, from, 'loses a connection', () => broken.reject(reset())))
    signal?.addEventListener('abort', () => broken.reject(signal.reason), { once: true })
    const late = from.clock.sleep(timeoutMs, over.signal).then(
      () => {
        throw new Error(`no answer within ${timeoutMs} ms`)
      },
      () => broken.promise,
    )
    late.catch(() => {})
    const answer = network.call({
      from,
      to: 'gateway',
      what: 'gateway takes a request',
      server: process,
      isUp: () => process.isAlive,
      timeoutMs,
      work: () =>
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
    })
    answer.catch(() => {})
    try {
      return await Promise.race([answer, broken.promise, late])
    } finally {
      over.abort(new Error('over'))
    }
  }
