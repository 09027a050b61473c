import { createInstantWriter } from '@millrace/contracts'
import {
  type Actor,
  type DomainSimulation,
  FaultyActor,
  fillPool,
  hasFaults,
  mergeActors,
  Random,
  type SimulatedRun,
} from '@millrace/simulation'
import { lol, lolRaw } from './contract.ts'
import { type Cheaters, type LolOptions, lolOptions, roomsOf } from './simulate/options.ts'
import { Player } from './simulate/player.ts'
import { createRoom } from './simulate/room.ts'

/** Fields without which an action is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = Object.entries(lolRaw.shape)
  .filter(([name, schema]) => name !== 'eventId' && !schema.safeParse(undefined).success)
  .map(([name]) => name)

/**
 * The stream of records that the options describe: a pure function of them, and of `nowMs` only where they say `now`.
 * Shards are made of whole rooms, and every room, player and fault has a random stream of its own.
 */
function simulate(options: LolOptions, nowMs: number): SimulatedRun {
  const startMs = options.start === 'now' ? nowMs : options.start
  const endMs = startMs + options.durationMs
  const people = ['lol', options.seed]
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(startMs) : '')
  const labels = ['lol', options.seed, incarnation]
  const addresses = fillPool([...people, 'ip'], faker => faker.internet.ipv4({ cidrBlock: '192.168.0.0/16' }))
  const isCheaterAt = chooseCheaters(options.cheaters, options.players, people)
  const writeInstant = createInstantWriter()
  const rooms = roomsOf(options)
  const actors: Actor[] = []
  for (let roomNumber = options.shard.index - 1; roomNumber < rooms; roomNumber += options.shard.count) {
    const first = Math.floor((roomNumber * options.players) / rooms)
    const end = Math.floor(((roomNumber + 1) * options.players) / rooms)
    const room = createRoom({ labels: [...labels, 'room', roomNumber], players: end - first, startMs })
    for (let id = first; id < end; id++) {
      const player = new Player({
        id,
        account: `testAccount_${id + 1}`,
        ip: new Random(...people, 'ip', id).pick(addresses),
        room,
        seat: id - first,
        labels,
        endMs,
        isCheater: isCheaterAt(id),
        writeInstant,
      })
      actors.push(hasFaults(options.faults) ? withFaults(player, options, labels) : player)
    }
  }
  return { stream: mergeActors(actors), span: { startMs, endMs }, golden: () => ({}) }
}

const withFaults = (player: Actor, { faults }: LolOptions, labels: readonly string[]): Actor =>
  new FaultyActor(player, { rates: faults, labels, topics: [lol.topics.raw.name], removableFields: REQUIRED_FIELDS })

/** Whether a player cheats while on a champion. A share is met exactly, rounded to whole players, and is of the whole population, not of a shard. */
function chooseCheaters(
  cheaters: Cheaters,
  players: number,
  labels: readonly string[],
): (id: number) => (champion: string) => boolean {
  switch (cheaters.kind) {
    case 'none':
      return () => () => false
    case 'champion':
      return () => champion => champion === cheaters.champion
    case 'share': {
      const everyone = Array.from({ length: players }, (_, id) => id)
      const chosen = new Set(new Random(...labels, 'cheaters').sample(everyone, Math.round(cheaters.share * players)))
      return id => () => chosen.has(id)
    }
  }
}

/** Matches of players, some of whom cheat. */
export const simulation: DomainSimulation<LolOptions> = {
  domain: lol.name,
  topics: [lol.topics.raw, lol.topics.truth],
  ...lolOptions,
  simulate,
}
