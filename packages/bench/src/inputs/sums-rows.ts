import { antenna, sumTypes } from '@millrace/domains/antenna/contract'
import { simulation } from '@millrace/domains/antenna/simulate'
import { systemClock } from '@millrace/runtime'
import type { StackAddresses } from '@millrace/testing'
import type { Row, SideContext } from '../row.ts'
import { expectSameOutputs } from './compare-outputs.ts'
import { firstRecords } from './domain-records.ts'
import { newTopic, openLog, store } from './kafka.ts'
import { latestResults } from './latest-results.ts'
import { Members } from './members.ts'
import type { PeerPlace, Worker } from './peer.ts'
import { PEER_WARM_UP_ROUNDS } from './peer-tools.ts'
import { readTopic } from './read-topic.ts'

const EVENTS = 1_000_000
/** Of the comparison of results. */
const COMPARED = 60_000
const ANTENNAS = 1_000
/** Each device sends once a minute. All events lie in one hour, as the peers drop what is an hour behind in another partition. */
const MINUTES = 60
const HOUR_MS = 3_600_000
const PROCESSES = 2

type OpenPeer = (place: PeerPlace) => Promise<Worker>

async function fill(addresses: StackAddresses, events: number): Promise<string> {
  const topic = await newTopic(addresses, 'antenna')
  const log = openLog(addresses)
  const nowMs = Math.floor(systemClock.now() / HOUR_MS) * HOUR_MS - HOUR_MS
  const options = { start: 'now', devices: String(Math.ceil(events / MINUTES)), antennas: String(ANTENNAS) }
  await store(log, topic, firstRecords(simulation, antenna.topics.raw.name, { options, count: events, nowMs }))
  await log.close()
  return topic
}

/** Ours: the topology of the aggregator, with topics of its own for each run. */
function openAggregators(addresses: StackAddresses): Worker {
  const members = new Members(addresses, 'sums', PROCESSES)
  const { raw, bytes, bytesPartials, bytesLate } = antenna.topics
  return {
    async toTheEnd(from, to, records) {
      const partials = await newTopic(addresses, 'partials')
      const late = await newTopic(addresses, 'late', bytesLate.partitions)
      const names = { [raw.name]: from, [bytes.name]: to, [bytesPartials.name]: partials, [bytesLate.name]: late }
      return members.toTheEnd(names, records)
    },
    close: () => members.close(),
  }
}

/** @throws where the final results of a topic do not hold each event once */
async function expectWhole(addresses: StackAddresses, topic: string, events: number): Promise<void> {
  const log = openLog(addresses)
  const ofApps = await readTopic(log, topic, value => value.includes(sumTypes[0]))
  await log.close()
  const held = latestResults(ofApps).reduce((sum, result) => sum + Number(result.events), 0)
  if (held !== events) throw new Error(`The results hold ${held} of ${events} events.`)
}

/** @throws what the first difference between the final results is */
async function expectSame(place: PeerPlace, openPeer: OpenPeer): Promise<void> {
  const { addresses } = place
  const from = await fill(addresses, COMPARED)
  const [ourTopic, theirTopic] = [await newTopic(addresses, 'ours'), await newTopic(addresses, 'theirs')]
  const ours = openAggregators(addresses)
  const peer = await openPeer(place)
  const log = openLog(addresses)
  try {
    await ours.toTheEnd(from, ourTopic, COMPARED)
    await peer.toTheEnd(from, theirTopic, COMPARED)
    await expectWhole(addresses, ourTopic, COMPARED)
    const [expected, found] = [await readTopic(log, ourTopic), await readTopic(log, theirTopic)]
    expectSameOutputs(latestResults(expected), latestResults(found), ['revision'])
  } finally {
    await Promise.allSettled([ours.close(), peer.close(), log.close()])
  }
}

/** Windowed sums, as fast as it goes, ours in two processes. */
export const sumsSides = (
  openPeer: OpenPeer,
): Pick<Row<string>, 'unit' | 'needs' | 'warmUpRounds' | 'prepare' | 'ours' | 'other'> => {
  const side = ({ addresses, setting: from }: SideContext<string>, by: Worker) => ({
    async round() {
      const to = await newTopic(addresses, 'sums')
      const perSecond = await by.toTheEnd(from, to, EVENTS)
      await expectWhole(addresses, to, EVENTS)
      return perSecond
    },
    close: () => by.close(),
  })
  return {
    unit: 'events/s',
    needs: ['kafka'],
    warmUpRounds: PEER_WARM_UP_ROUNDS,
    async prepare(place) {
      await expectSame(place, openPeer)
      return fill(place.addresses, EVENTS)
    },
    ours: async context => side(context, openAggregators(context.addresses)),
    other: async context => side(context, await openPeer(context)),
  }
}
