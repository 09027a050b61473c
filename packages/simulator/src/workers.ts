import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SimulateOptions, SimulationResult } from './simulate.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** Much code runs few times: a sixth faster with baseline code at once, and a young generation that fits what a step leaves. */
const FLAGS = ['--disable-warning=ExperimentalWarning', '--always-sparkplug', '--max-semi-space-size=64']
/** Seeds of one process: what a run leaves in its memory goes with it. */
const SEEDS_OF_A_PROCESS = 100

/** What one run is to do. */
export type SeedJob = Omit<SimulateOptions, 'martFile'>

export interface SeedResult extends SimulationResult {
  /** Time of the processor, ms. */
  readonly cpuMs: number
}

/** The next message of a worker. @throws where it ends before */
async function messageOf(worker: ChildProcess, who: string): Promise<unknown> {
  const over = new AbortController()
  const { signal } = over
  const ended = once(worker, 'exit', { signal }).then(([code, by]): never => {
    throw new Error(`${who} has ended with ${by ?? `exit code ${code}`}.`)
  })
  ended.catch(() => {})
  try {
    const [message] = await Promise.race([once(worker, 'message', { signal }), ended])
    return message
  } finally {
    over.abort()
  }
}

/** Processes that run seeds, each one at a time. */
export class Workers {
  readonly #plant: string | undefined
  readonly #idle: ChildProcess[] = []
  readonly #served = new WeakMap<ChildProcess, number>()

  /** @param plant name of a fault that is put into the product */
  constructor(plant?: string) {
    this.#plant = plant
  }

  async run(job: SeedJob): Promise<SeedResult> {
    const worker = this.#idle.pop() ?? (await this.#start())
    worker.send(job)
    const result = (await messageOf(worker, `The process of seed ${job.seed}`)) as SeedResult
    const served = (this.#served.get(worker) ?? 0) + 1
    this.#served.set(worker, served)
    if (served < SEEDS_OF_A_PROCESS) this.#idle.push(worker)
    else worker.disconnect()
    return result
  }

  async #start(): Promise<ChildProcess> {
    const env = { ...process.env, ...(this.#plant !== undefined && { PLANT: this.#plant }) }
    const worker = fork(WORKER, { env, execArgv: FLAGS })
    await messageOf(worker, 'The simulator')
    return worker
  }

  close(): void {
    for (const worker of this.#idle.splice(0)) worker.disconnect()
  }
}
