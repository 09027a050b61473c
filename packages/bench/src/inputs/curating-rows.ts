import { lol } from '@millrace/domains/lol/contract'
import type { StackAddresses } from '@millrace/testing'
import type { Row, Side, SideContext } from '../row.ts'
import { expectSameOutputs } from './compare-outputs.ts'
import { newTopic, openLog, store } from './kafka.ts'
import { p99Side } from './latency-probe.ts'
import { lolRecords } from './lol-records.ts'
import { Members } from './members.ts'
import type { PeerPlace, SteadyWorker, Worker } from './peer.ts'
import { PEER_WARM_UP_ROUNDS } from './peer-tools.ts'
import { readTopic } from './read-topic.ts'
import { waitForRecords } from './wait-for-records.ts'

/** Of the comparison of outputs: some forty actions a player. */
const COMPARED = 20_000
const COMPARED_PLAYERS = 500
const EVENTS = 300_000
const PLAYERS = 1_000
const PROCESSES = 2
const PER_SECOND = 2_000
const SECONDS = 5

/** The columns that need the player's previous move. */
export const STATEFUL: readonly string[] = ['displacement', 'elapsedMs', 'speed']

type OpenPeer = (place: PeerPlace) => Promise<SteadyWorker>

/** Ours, in so many processes. */
export function openCurators(addresses: StackAddresses, count: number): SteadyWorker {
  const members = new Members(addresses, 'curation', count)
  const names = (from: string, to: string) => ({ [lol.topics.raw.name]: from, [lol.topics.curated.name]: to })
  return {
    toTheEnd: (from, to, records) => members.toTheEnd(names(from, to), records),
    start: (from, to) => members.start(names(from, to)),
    close: () => members.close(),
  }
}

async function fill(addresses: StackAddresses, records: number, players: number): Promise<string> {
  const topic = await newTopic(addresses, 'actions')
  const log = openLog(addresses)
  await store(log, topic, lolRecords(records, players))
  await log.close()
  return topic
}

/**
 * Has ours and the peer curate the same topic.
 * @param how to its end, or as a service that goes on, of which the columns `without` are not expected
 * @throws what the first difference is
 */
async function expectSame(
  place: PeerPlace,
  openPeer: OpenPeer,
  { how, without = [] }: { readonly how: 'toTheEnd' | 'start'; readonly without?: readonly string[] },
): Promise<void> {
  const { addresses } = place
  const from = await fill(addresses, COMPARED, COMPARED_PLAYERS)
  const [ourTopic, theirTopic] = [await newTopic(addresses, 'ours'), await newTopic(addresses, 'theirs')]
  const ours = openCurators(addresses, PROCESSES)
  const peer = await openPeer(place)
  const log = openLog(addresses)
  try {
    await ours.toTheEnd(from, ourTopic, COMPARED)
    await (how === 'toTheEnd' ? peer.toTheEnd(from, theirTopic, COMPARED) : peer.start(from, theirTopic))
    await waitForRecords(log, theirTopic, COMPARED)
    expectSameOutputs(await readTopic(log, ourTopic), await readTopic(log, theirTopic), without)
  } finally {
    await Promise.allSettled([ours.close(), peer.close(), log.close()])
  }
}

/** Kafka → curated → Kafka, as fast as it goes, ours in two processes. */
export const throughputSides = (
  openPeer: OpenPeer,
): Pick<Row<string>, 'unit' | 'needs' | 'warmUpRounds' | 'prepare' | 'ours' | 'other'> => {
  const side = async ({ addresses, setting: from }: SideContext<string>, by: Worker) =>
    ({
      round: async () => by.toTheEnd(from, await newTopic(addresses, 'curated'), EVENTS),
      close: () => by.close(),
    }) satisfies Side
  return {
    unit: 'events/s',
    needs: ['kafka'],
    warmUpRounds: PEER_WARM_UP_ROUNDS,
    async prepare(place) {
      await expectSame(place, openPeer, { how: 'toTheEnd' })
      return fill(place.addresses, EVENTS, PLAYERS)
    },
    ours: context => side(context, openCurators(context.addresses, PROCESSES)),
    other: async context => side(context, await openPeer(context)),
  }
}

/** Milliseconds from the log to what is curated, of 99 in 100. */
export async function latencySide(
  addresses: StackAddresses,
  by: Pick<SteadyWorker, 'start' | 'close'>,
  seconds = SECONDS,
): Promise<Side> {
  const [from, to] = [await newTopic(addresses, 'actions'), await newTopic(addresses, 'curated')]
  await by.start(from, to)
  const side = await p99Side(addresses, { from, to, perSecond: PER_SECOND, seconds })
  return {
    ...side,
    async close() {
      await side.close?.()
      await by.close()
    },
  }
}

/** Time from the log to what is curated, at a steady rate, ours in one process. */
export const latencySides = (
  openPeer: OpenPeer,
  without: readonly string[] = [],
): Pick<Row, 'unit' | 'needs' | 'warmUpRounds' | 'prepare' | 'ours' | 'other'> => ({
  unit: 'ms',
  needs: ['kafka'],
  warmUpRounds: PEER_WARM_UP_ROUNDS,
  async prepare(place) {
    await expectSame(place, openPeer, { how: 'start', without })
    return null
  },
  ours: ({ addresses }) => latencySide(addresses, openCurators(addresses, 1)),
  other: async context => latencySide(context.addresses, await openPeer(context)),
})
