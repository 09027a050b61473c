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
import { chooseCheats } from './simulate/cheats/cheat-shares.ts'
import { DIALS } from './simulate/cheats/kinds.ts'
import { type Cheaters, type LolOptions, lolOptions, roomsOf } from './simulate/options.ts'
import { Player, type PlayerOptions } from './simulate/player.ts'
import { modelsOf } from './simulate/realistic/play-tables.ts'
import { RealisticPlayer } from './simulate/realistic/realistic-player.ts'
import tables from './simulate/realistic/tables.json' with { type: 'json' }
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
  const createPlayer = options.profile === 'seed' ? seedPlayers(options, people) : realisticPlayers(options, people)
  const writeInstant = createInstantWriter()
  const rooms = roomsOf(options)
  const actors: Actor[] = []
  for (let roomNumber = options.shard.index - 1; roomNumber < rooms; roomNumber += options.shard.count) {
    const first = Math.floor((roomNumber * options.players) / rooms)
    const end = Math.floor(((roomNumber + 1) * options.players) / rooms)
    const room = createRoom({ labels: [...labels, 'room', roomNumber], players: end - first, startMs })
    for (let id = first; id < end; id++) {
      const player = createPlayer({
        id,
        account: `testAccount_${id + 1}`,
        ip: new Random(...people, 'ip', id).pick(addresses),
        room,
        roomNumber,
        seat: id - first,
        labels,
        endMs,
        writeInstant,
      })
      actors.push(hasFaults(options.faults) ? withFaults(player, options, labels) : player)
    }
  }
  return { stream: mergeActors(actors), span: { startMs, endMs }, golden: () => ({}) }
}

type Seat = Omit<PlayerOptions, 'isCheater'> & { readonly roomNumber: number }

function seedPlayers({ cheaters, players }: LolOptions, people: readonly string[]): (seat: Seat) => Actor {
  const isCheaterAt = chooseCheaters(cheaters, players, people)
  return seat => new Player({ ...seat, isCheater: isCheaterAt(seat.id) })
}

function realisticPlayers(
  { cheats, difficulty, dials: own, paths, players }: LolOptions,
  people: readonly string[],
): (seat: Seat) => Actor {
  const cheatOf = chooseCheats(cheats, players, people)
  const models = modelsOf(tables)
  const { pace } = tables
  const dials = { ...DIALS[difficulty], ...own }
  return seat =>
    new RealisticPlayer({ ...seat, people, cheat: cheatOf(seat.id), difficulty, dials, pathHz: paths, models, pace })
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

/** A demo shows every kind of cheating among few players, as each of them acts twice a second. */
const DEMO = {
  profile: 'realistic',
  players: '12',
  duration: '12m',
  paths: '16hz',
  cheats: 'jump=0.09,snap=0.17,macro=0.09,rate=0.09,clock=0.09',
} as const

/** Matches of players, some of whom cheat. */
export const simulation: DomainSimulation<LolOptions> = {
  domain: lol.name,
  topics: [lol.topics.raw, lol.topics.truth],
  ...lolOptions,
  demo: given => (given.profile === 'seed' || given.cheaters !== undefined ? {} : DEMO),
  few: [
    { profile: 'realistic', players: '1', duration: '40s' },
    { profile: 'seed', players: '1', duration: '40s' },
  ],
  simulate,
}
