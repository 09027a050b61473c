import {
  type Actor,
  type DomainSimulation,
  FaultyActor,
  fillPool,
  hasFaults,
  mergeActors,
  Random,
  type RecordStream,
  type SimulatedRun,
  talliedRun,
} from '@millrace/simulation'
import { type AntennaUser, antenna, antennaRaw } from './contract.ts'
import { Device, numberedId } from './simulate/device.ts'
import { QuotaTally } from './simulate/golden.ts'
import { createGroup } from './simulate/group.ts'
import { type AntennaOptions, antennaOptions, GROUP_SIZE } from './simulate/options.ts'

/** Bytes per clock hour of the devices 1 to 20 of the published scenario; more devices begin again. */
const QUOTAS = [
  200_000, 300_000, 100_000, 5_000, 200_000, 200_000, 300_000, 100_000, 300_000, 300_000, 300_000, 1_000_000, 200_000,
  1_000_000, 1_000_000, 1_000_000, 300_000, 300_000, 200_000, 200_000,
] as const

/** Fields without which an event is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = Object.keys(antennaRaw.shape).filter(name => name !== 'eventId')

function userOf(number: number, names: readonly string[], people: readonly string[]): AntennaUser {
  const random = new Random(...people, 'user', number)
  const name = random.pick(names)
  return {
    eventId: random.uuid(),
    id: numberedId(number + 1),
    name,
    email: `${name.toLowerCase().replace(/[^a-z]/g, '')}.${number + 1}@example.com`,
    quota: QUOTAS[number % QUOTAS.length]!,
  }
}

/** Owner and quota of every device. */
function usersOf({ seed, devices }: AntennaOptions): AntennaUser[] {
  const people = ['antenna', seed]
  const names = fillPool([...people, 'names'], faker => faker.person.firstName())
  return Array.from({ length: devices }, (_, number) => userOf(number, names, people))
}

/** Everything that a run sends, from the beginning; shards are made of whole groups. */
function createStream(options: AntennaOptions, { startMs, endMs }: SimulatedRun['span']): RecordStream {
  const { devices, antennas, shard, faults, seed } = options
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(startMs) : '')
  const labels = ['antenna', seed, incarnation]
  const topics = [antenna.topics.raw.name]
  const users = usersOf(options)
  const actors: Actor[] = []
  for (let first = (shard.index - 1) * GROUP_SIZE; first < devices; first += shard.count * GROUP_SIZE) {
    const group = createGroup([...labels, 'group', first / GROUP_SIZE], antennas, startMs)
    for (let id = first; id < Math.min(first + GROUP_SIZE, devices); id++) {
      const device = new Device({ id, user: users[id]!, group, labels, startMs, endMs })
      actors.push(
        hasFaults(faults)
          ? new FaultyActor(device, { rates: faults, labels, topics, removableFields: REQUIRED_FIELDS })
          : device,
      )
    }
  }
  return mergeActors(actors)
}

/** A pure function of the options, and of `nowMs` only where they say `now`. */
function simulate(options: AntennaOptions, nowMs: number): SimulatedRun {
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  const createTally = () => new QuotaTally(new Map(usersOf(options).map(({ id, quota }) => [id, quota])))
  return talliedRun(() => createStream(options, span), span, createTally)
}

/** Mobile devices that move between antennas in groups. */
export const simulation: DomainSimulation<AntennaOptions> = {
  domain: antenna.name,
  topics: [antenna.topics.raw, antenna.topics.users, antenna.topics.truth],
  ...antennaOptions,
  reference: options =>
    usersOf(options).map((user, id) => ({
      ...{ topic: antenna.topics.users.name, key: user.id, eventId: user.eventId, value: JSON.stringify(user) },
      ...{ atMs: 0, actor: id, sequence: 0, fault: null },
    })),
  few: [{ devices: '5', antennas: '2' }],
  simulate,
}
