import { createInstantWriter } from '@millrace/contracts'
import { env } from '@millrace/runtime'
import {
  type Actor,
  type DomainSimulation,
  defineOptions,
  FaultyActor,
  hasFaults,
  mergeActors,
  type OptionsOf,
  Random,
  type SimulatedRecord,
  type SimulatedRun,
} from '@millrace/simulation'
import { lostark, lostarkRaw } from './contract.ts'

/** Time between two events of an account, ms. */
const INTERVAL_MS = { min: 10_000, max: 50_000 }
const MAX_ACCOUNTS = 1_000_000
/** Fields without which an event is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = Object.keys(lostarkRaw.shape).filter(name => name !== 'eventId')

const options = defineOptions(
  {
    accounts: env
      .integer({ min: 1, max: MAX_ACCOUNTS })
      .prefault('20')
      .meta({ form: '<n>', description: 'number of accounts' }),
  },
  ({ accounts, shard }, tell) => {
    if (accounts !== undefined && shard && shard.count > accounts)
      tell('shard', `is ${shard.index}/${shard.count}, but there are ${accounts} accounts.`)
  },
)

type LostarkOptions = OptionsOf<typeof options>

const writeInstant = createInstantWriter()

/** An account that does something now and then. */
class Account implements Actor {
  readonly id: number
  nextMs: number
  readonly #random: Random
  readonly #endMs: number
  #sequence = 0

  constructor(id: number, labels: readonly string[], span: { readonly startMs: number; readonly endMs: number }) {
    this.id = id
    this.#random = new Random(...labels, 'account', id)
    this.#endMs = span.endMs
    this.nextMs = span.startMs
    this.#goOn(span.startMs + this.#random.int(0, INTERVAL_MS.max))
  }

  #goOn(atMs: number): void {
    this.nextMs = atMs < this.#endMs ? atMs : Number.POSITIVE_INFINITY
  }

  next(): SimulatedRecord {
    const atMs = this.nextMs
    const eventId = this.#random.uuid()
    const key = `account_${this.id + 1}`
    const value = JSON.stringify({
      eventId,
      datetime: writeInstant(atMs),
      account: key,
      method: this.#random.pick(['/view', '/buy']),
      value: this.#random.int(1, 100),
    })
    this.#goOn(atMs + this.#random.int(INTERVAL_MS.min, INTERVAL_MS.max))
    const topic = lostark.topics.raw.name
    return { topic, key, eventId, value, atMs, actor: this.id, sequence: this.#sequence++, fault: null }
  }
}

function simulate(options: LostarkOptions, nowMs: number): SimulatedRun {
  const { accounts, shard, faults, seed } = options
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(startMs) : '')
  const labels = ['lostark', seed, incarnation]
  const topics = [lostark.topics.raw.name]
  const actors: Actor[] = []
  for (let id = shard.index - 1; id < accounts; id += shard.count) {
    const account = new Account(id, labels, span)
    actors.push(
      hasFaults(faults)
        ? new FaultyActor(account, { rates: faults, labels, topics, removableFields: REQUIRED_FIELDS })
        : account,
    )
  }
  return { stream: mergeActors(actors), span, golden: () => ({}) }
}

/** Accounts that do something now and then. */
export const simulation: DomainSimulation<LostarkOptions> = {
  domain: lostark.name,
  topics: [lostark.topics.raw],
  ...options,
  simulate,
}
