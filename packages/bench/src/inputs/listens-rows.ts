import { music } from '@millrace/domains/music/contract'
import { simulation } from '@millrace/domains/music/simulate'
import type { StackAddresses } from '@millrace/testing'
import type { Row, SideContext } from '../row.ts'
import { expectSameOutputs } from './compare-outputs.ts'
import { firstRecords, sentNow } from './domain-records.ts'
import { newTopic, openLog, store } from './kafka.ts'
import { Members } from './members.ts'
import { openKafkaStreams, type PeerPlace, type Worker } from './peer.ts'
import { PEER_WARM_UP_ROUNDS } from './peer-tools.ts'
import { readTopic } from './read-topic.ts'

const EVENTS = 300_000
/** Of the comparison of outputs. */
const COMPARED = 20_000
const PROCESSES = 2
/** Of the scenario: 5,000 customers and 1,750 tracks. */
const OPTIONS = { 'listens-per-day': '240' }

const { raw, listens, customers, tracks } = music.topics

/** Topics with what is joined. */
export interface ListenTopics {
  readonly listens: string
  readonly customers: string
  readonly tracks: string
}

async function fill(addresses: StackAddresses, events: number): Promise<ListenTopics> {
  const log = openLog(addresses)
  const reference = simulation.reference!(simulation.parse(OPTIONS))
  const rowsOf = async ({ name, partitions }: { readonly name: string; readonly partitions: number }) => {
    const topic = await newTopic(addresses, 'reference', partitions)
    await store(log, topic, sentNow(reference.filter(({ topic: of }) => of === name)))
    return topic
  }
  const topic = await newTopic(addresses, 'listens')
  await store(log, topic, firstRecords(simulation, raw.name, { options: OPTIONS, count: events }))
  const topics = { listens: topic, customers: await rowsOf(customers), tracks: await rowsOf(tracks) }
  await log.close()
  return topics
}

/** Ours: the topology of the profiler. */
function openProfilers(addresses: StackAddresses, topics: ListenTopics): Worker {
  const members = new Members(addresses, 'listens', PROCESSES)
  const references = { [customers.name]: topics.customers, [tracks.name]: topics.tracks }
  return {
    toTheEnd: (from, to, records) => members.toTheEnd({ ...references, [raw.name]: from, [listens.name]: to }, records),
    close: () => members.close(),
  }
}

const openPeer = (place: PeerPlace, topics: ListenTopics): Promise<Worker> =>
  openKafkaStreams(place, { work: 'listens', customers: topics.customers, tracks: topics.tracks })

/** @throws what the first difference is, or that rows are missing */
async function expectSame(place: PeerPlace): Promise<void> {
  const { addresses } = place
  const topics = await fill(addresses, COMPARED)
  const [ourTopic, theirTopic] = [await newTopic(addresses, 'ours'), await newTopic(addresses, 'theirs')]
  const ours = openProfilers(addresses, topics)
  const peer = await openPeer(place, topics)
  const log = openLog(addresses)
  try {
    await ours.toTheEnd(topics.listens, ourTopic, COMPARED)
    await peer.toTheEnd(topics.listens, theirTopic, COMPARED)
    const expected = await readTopic(log, ourTopic)
    if (expected.some(({ title }) => title === null)) throw new Error('A listen has no track.')
    // Global tables do not tell which version of a row they have.
    expectSameOutputs(expected, await readTopic(log, theirTopic), ['revision'])
  } finally {
    await Promise.allSettled([ours.close(), peer.close(), log.close()])
  }
}

const side = ({ addresses, setting }: SideContext<ListenTopics>, by: Worker) => ({
  round: async () => by.toTheEnd(setting.listens, await newTopic(addresses, 'joined'), EVENTS),
  close: () => by.close(),
})

/** A join with two reference topics, as fast as it goes, ours in two processes. */
export const listensSides: Pick<Row<ListenTopics>, 'unit' | 'needs' | 'warmUpRounds' | 'prepare' | 'ours' | 'other'> = {
  unit: 'events/s',
  needs: ['kafka'],
  warmUpRounds: PEER_WARM_UP_ROUNDS,
  async prepare(place) {
    await expectSame(place)
    return fill(place.addresses, EVENTS)
  },
  ours: async context => side(context, openProfilers(context.addresses, context.setting)),
  other: async context => side(context, await openPeer(context, context.setting)),
}
