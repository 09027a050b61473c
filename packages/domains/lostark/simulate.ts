import {
  type Actor,
  createWorld,
  type DomainSimulation,
  FaultyActor,
  hasFaults,
  mergeActors,
  Random,
  type RecordStream,
  type SimulatedRun,
  talliedRun,
} from '@millrace/simulation'
import { lostark, lostarkRaw } from './contract.ts'
import { classNames } from './names.ts'
import { RaidTally } from './simulate/golden.ts'
import { type LostarkOptions, lostarkOptions, PARTY_SIZE } from './simulate/options.ts'
import { Player } from './simulate/player.ts'
import { createRoom } from './simulate/room.ts'

/** Fields without which an action is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = Object.keys(lostarkRaw.shape).filter(name => name !== 'eventId')
/** Chosen: share of the players whose clients send the other names of bosses and classes. */
const ALIAS_SHARE = 0.25

/** Class of each player of a run, by account. */
type Classes = Map<string, string>

/** Everything that a run sends, from the beginning; shards are made of whole parties. @param classes takes the classes of the players */
function createStream(
  options: LostarkOptions,
  { startMs, endMs }: SimulatedRun['span'],
  classes: Classes,
): RecordStream {
  const { raids, shard, faults, seed, unclosed } = options
  const people = ['lostark', seed]
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(startMs) : '')
  const labels = [...people, incarnation]
  const world = createWorld(options.world)
  const actors: Actor[] = []
  for (let number = shard.index - 1; number < raids; number += shard.count) {
    const room = createRoom({ labels: [...labels, 'room', number], startMs, endMs, unclosed })
    for (let seat = 0; seat < PARTY_SIZE; seat++) {
      const id = number * PARTY_SIZE + seat
      const { account, ip } = world.person(id)
      const random = new Random(...people, 'class', id)
      const className = random.pick(classNames)
      const hasAliases = random.chance(ALIAS_SHARE)
      classes.set(account, className)
      const player = new Player({ id, account, ip, className, hasAliases, room, seat, labels, endMs })
      actors.push(hasFaults(faults) ? withFaults(player, options, labels) : player)
    }
  }
  return mergeActors(actors)
}

const withFaults = (player: Actor, { faults }: LostarkOptions, labels: readonly string[]): Actor =>
  new FaultyActor(player, {
    rates: faults,
    labels,
    topics: [lostark.topics.raw.name],
    removableFields: REQUIRED_FIELDS,
  })

/** A pure function of the options, and of `nowMs` only where they say `now`. */
function simulate(options: LostarkOptions, nowMs: number): SimulatedRun {
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  const classes: Classes = new Map()
  return talliedRun(
    () => createStream(options, span, classes),
    span,
    () => new RaidTally(classes),
  )
}

/** Parties that play legion raids, one after another. */
export const simulation: DomainSimulation<LostarkOptions> = {
  domain: lostark.name,
  topics: [lostark.topics.raw],
  ...lostarkOptions,
  few: [{ raids: '1', duration: '3m' }],
  simulate,
}
