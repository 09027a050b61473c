import { createInstantWriter } from '@millrace/contracts'
import {
  type Actor,
  createWorld,
  type DomainSimulation,
  FaultyActor,
  hasFaults,
  mergeActors,
  type RecordStream,
  type SimulatedRun,
  talliedRun,
} from '@millrace/simulation'
import { hotel, hotelRaw } from './contract.ts'
import { BookingTally } from './simulate/golden.ts'
import { Guest } from './simulate/guest.ts'
import { type HotelOptions, hotelOptions } from './simulate/options.ts'

/** Fields without which an event is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = Object.keys(hotelRaw.shape).filter(name => name !== 'eventId')

/** Everything that a run sends, from the beginning; shards are made of whole guests. */
function createStream(options: HotelOptions, span: SimulatedRun['span']): RecordStream {
  const { guests, places, shard, faults } = options
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(span.startMs) : '')
  const labels = [hotel.name, options.seed, incarnation]
  const topics = [hotel.topics.raw.name]
  const world = createWorld(options.world)
  const writeInstant = createInstantWriter()
  const actors: Actor[] = []
  for (let id = shard.index - 1; id < guests; id += shard.count) {
    const guest = new Guest({ person: world.person(id), places, labels, ...span, writeInstant })
    actors.push(
      hasFaults(faults)
        ? new FaultyActor(guest, { rates: faults, labels, topics, removableFields: REQUIRED_FIELDS })
        : guest,
    )
  }
  return mergeActors(actors)
}

/** A pure function of the options, and of `nowMs` only where they say `now`. */
function simulate(options: HotelOptions, nowMs: number): SimulatedRun {
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  return talliedRun(
    () => createStream(options, span),
    span,
    () => new BookingTally(),
  )
}

/** Guests of a hotel booking site. */
export const simulation: DomainSimulation<HotelOptions> = {
  domain: hotel.name,
  topics: [hotel.topics.raw],
  ...hotelOptions,
  few: [
    { guests: '2', places: '3' },
    { guests: '3', places: '3' },
  ],
  simulate,
}
