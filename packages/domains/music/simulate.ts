import {
  type Actor,
  type DomainSimulation,
  FaultyActor,
  hasFaults,
  mergeActors,
  Random,
  type RecordStream,
  type SimulatedRecord,
  type SimulatedRun,
  talliedRun,
} from '@millrace/simulation'
import { music, musicRaw } from './contract.ts'
import { ListeningTally } from './simulate/golden.ts'
import { Listener } from './simulate/listener.ts'
import { type MusicOptions, musicOptions } from './simulate/options.ts'
import { readListenCsv } from './simulate/read-listen.ts'
import {
  loadReferenceData,
  REFERENCE_AHEAD_MS,
  type ReferenceData,
  referenceRecords,
} from './simulate/reference-data.ts'
import { Charts, drawTaste } from './simulate/taste.ts'

/** Fields without which an event is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = Object.entries(musicRaw.shape)
  .filter(([name, schema]) => name !== 'eventId' && !schema.safeParse(undefined).success)
  .map(([name]) => name)
const WHOLE = { index: 1, count: 1 }

/** Sends records that are known beforehand, all at one time. */
class RecordList implements Actor {
  readonly id = 0
  readonly #records: readonly SimulatedRecord[]
  #next = 0

  constructor(records: readonly SimulatedRecord[]) {
    this.#records = records
  }

  get nextMs(): number {
    return this.#records[this.#next]?.atMs ?? Number.POSITIVE_INFINITY
  }

  next(): SimulatedRecord {
    return this.#records[this.#next++]!
  }
}

/** Everything that a run sends, from the beginning; shards are made of whole customers. */
function createStream(
  options: MusicOptions,
  data: ReferenceData,
  { startMs, endMs }: SimulatedRun['span'],
): RecordStream {
  const { shard, faults, seed, world } = options
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(startMs) : '')
  const labels = ['music', world, seed, incarnation]
  const topics = [music.topics.raw.name]
  const charts = new Charts(data.tracks, new Random('music', world, 'charts'))
  const actors: Actor[] = [new RecordList(referenceRecords(data, shard, startMs - REFERENCE_AHEAD_MS))]
  for (let index = shard.index - 1; index < data.customers.length; index += shard.count) {
    const customer = data.customers[index]!
    const taste = drawTaste(customer, charts, new Random('music', world, 'taste', customer.CustID))
    const listensPerDay = options['listens-per-day']
    const listener = new Listener({ id: index + 1, customer, taste, charts, labels, listensPerDay, startMs, endMs })
    actors.push(
      hasFaults(faults)
        ? new FaultyActor(listener, { rates: faults, labels, topics, removableFields: REQUIRED_FIELDS })
        : listener,
    )
  }
  return mergeActors(actors)
}

/** A pure function of the options and the files that they name, and of `nowMs` only where they say `now`. */
function simulate(options: MusicOptions, nowMs: number): SimulatedRun {
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  const data = loadReferenceData(options)
  return talliedRun(
    () => createStream(options, data, span),
    span,
    () => new ListeningTally(data),
  )
}

const { raw, adClicks, customers, tracks, models, truth } = music.topics

/** Customers who listen to music at their times of the day, to many tracks or the same ones, and click offers. */
export const simulation: DomainSimulation<MusicOptions> = {
  domain: music.name,
  topics: [raw, adClicks, customers, tracks, models, truth],
  ...musicOptions,
  reference: options => referenceRecords(loadReferenceData(options), WHOLE, 0),
  readLine: readListenCsv,
  few: [{ customers: '4', tracks: '5', 'listens-per-day': '1440' }],
  simulate,
}
