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
import { web } from './contract.ts'
import { ShopTally } from './simulate/golden.ts'
import { type WebOptions, webOptions } from './simulate/options.ts'
import { Visitor } from './simulate/visitor.ts'

/** Fields without which an event is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = ['timestamp', 'user_key', 'current_page']

/** Everything that a run sends, from the beginning; shards are made of whole visitors. */
function createStream(options: WebOptions, span: SimulatedRun['span']): RecordStream {
  const { visitors, shard, faults, world: worldName } = options
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(span.startMs) : '')
  const labels = [web.name, options.seed, incarnation]
  const topics = [web.topics.raw.name]
  const world = createWorld(worldName)
  const writeInstant = createInstantWriter()
  const actors: Actor[] = []
  for (let id = shard.index - 1; id < visitors; id += shard.count) {
    const visitor = new Visitor({ person: world.person(id), labels, world: worldName, ...span, writeInstant })
    actors.push(
      hasFaults(faults)
        ? new FaultyActor(visitor, { rates: faults, labels, topics, removableFields: REQUIRED_FIELDS })
        : visitor,
    )
  }
  return mergeActors(actors)
}

/** A pure function of the options, and of `nowMs` only where they say `now`. */
function simulate(options: WebOptions, nowMs: number): SimulatedRun {
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  return talliedRun(
    () => createStream(options, span),
    span,
    () => new ShopTally(),
  )
}

/** Visitors of a web shop. */
export const simulation: DomainSimulation<WebOptions> = {
  domain: web.name,
  topics: [web.topics.raw],
  ...webOptions,
  few: [{ visitors: '2' }, { visitors: '4' }],
  simulate,
}
