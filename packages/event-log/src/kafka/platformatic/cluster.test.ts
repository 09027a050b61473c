import { systemClock } from '@millrace/runtime'
import { heartbeatV4 } from '@platformatic/kafka'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../test/log-driver.ts'
import { ScriptedBroker } from '../../../test/scripted-broker.ts'
import { errorType, isPassing } from '../kafka-errors.ts'
import { type KafkaEventLogOptions, settingsOf } from '../kafka-options.ts'
import { Cluster } from './cluster.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function brokersOf(count: number): Promise<readonly ScriptedBroker[]> {
  const brokers = await Promise.all(Array.from({ length: count }, (_, nodeId) => ScriptedBroker.open(nodeId)))
  for (const broker of brokers) {
    broker.brokers = brokers
    closers.push(() => broker.close())
  }
  return brokers
}

function clusterOf(brokers: readonly ScriptedBroker[], more: Partial<KafkaEventLogOptions> = {}): Cluster {
  const settings = settingsOf({
    brokers: brokers.map(({ port }) => `localhost:${port}`),
    clientId: 'c',
    clock: systemClock,
    logger: silentLogger,
    requestTimeoutMs: 300,
    // The doors of the scripted brokers are IPv4 only.
    routeTo: ({ port }) => ({ host: '127.0.0.1', port }),
    ...more,
  })
  const cluster = new Cluster(settings, 'c')
  closers.push(() => cluster.close())
  return cluster
}

const beat = (cluster: Cluster, broker: number) => cluster.ask(broker, heartbeatV4.api, 'g', 1, 'm', null)
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('expected it to fail')
    },
    (error: unknown) => error,
  )

describe('the brokers of a cluster', () => {
  it('keeps one connection to each, also for many requests at once', async () => {
    const brokers = await brokersOf(2)
    const cluster = clusterOf(brokers)
    await cluster.metadata([])
    await Promise.all(Array.from({ length: 20 }, (_, i) => beat(cluster, i % 2)))
    expect(brokers.map(({ connections }) => connections)).toEqual([1, 1])
  })

  it.each(['hangs', 'hangs up'] as const)('asks another when the one that was asked %s', async mood => {
    const brokers = await brokersOf(3)
    const cluster = clusterOf(brokers)
    for (const [i, bad] of brokers.entries()) {
      for (const broker of brokers) broker.mood = broker === bad ? mood : 'answers'
      const outcomes: string[] = []
      while (outcomes.at(-1) !== 'ok')
        outcomes.push(
          await cluster.metadata([]).then(
            () => 'ok',
            error => (isPassing(error) ? 'passing' : String(error)),
          ),
        )
      expect(outcomes.length, `broker ${i}`).toBeLessThanOrEqual(2)
      expect(outcomes.slice(0, -1)).toEqual(outcomes.slice(1).map(() => 'passing'))
    }
  })

  it('goes past those that cannot be reached at all', async () => {
    const [here, gone, alsoGone] = await brokersOf(3)
    await gone!.close()
    await alsoGone!.close()
    const brokers = [`localhost:${here!.port}`, 'localhost:1', 'localhost:2']
    for (let times = 0; times < 3; times++)
      expect((await clusterOf([], { brokers }).metadata([])).brokers).toHaveLength(3)
    const error = await failure(clusterOf([], { brokers: brokers.slice(1) }).metadata([]))
    expect(isPassing(error)).toBe(true)
    expect(String(error)).toContain('ECONNREFUSED')
  })

  it('opens a connection again after it was lost, and after a request on it took too long', async () => {
    const [broker] = await brokersOf(1)
    const cluster = clusterOf([broker!])
    await cluster.metadata([])
    broker!.hangUp()
    await failure(beat(cluster, 0)).catch(() => {})
    await beat(cluster, 0)
    expect(broker!.connections).toBe(2)
    broker!.mood = 'hangs'
    const lost = await Promise.all([failure(beat(cluster, 0)), failure(beat(cluster, 0))])
    expect(lost.map(error => isPassing(error))).toEqual([true, true])
    broker!.mood = 'answers'
    await beat(cluster, 0)
    expect(broker!.connections).toBe(3)
  })

  it('knows who leads what, and asks again when it was told to forget', async () => {
    const [broker] = await brokersOf(1)
    const cluster = clusterOf([broker!])
    broker!.topics = [{ name: 't', leaders: [2, -1] }]
    expect(cluster.knownLeader('t', 0)).toBeUndefined()
    expect(await Promise.all([0, 0, 0].map(partition => cluster.leader('t', partition)))).toEqual([2, 2, 2])
    expect(broker!.asked).toHaveLength(1)
    for (const partition of [1, 9]) {
      const error = await failure(cluster.leader('t', partition))
      expect(errorType(error)).toBe('LEADER_NOT_AVAILABLE')
      expect(isPassing(error)).toBe(true)
    }
    broker!.topics = [{ name: 't', leaders: [0, 1] }]
    expect(await cluster.leader('t', 0)).toBe(2)
    cluster.forget('t')
    expect(await cluster.leader('t', 0)).toBe(0)
    expect(await cluster.leader('t', 1)).toBe(1)
  })

  it('takes an answer about several topics for one, also when it does not know all of them', async () => {
    const [broker] = await brokersOf(1)
    const cluster = clusterOf([broker!])
    const UNKNOWN_TOPIC = 3
    broker!.topics = [
      { name: 'there', leaders: [0] },
      { name: 'gone', errorCode: UNKNOWN_TOPIC },
    ]
    const { topics } = await cluster.metadata(['there', 'gone'])
    expect(topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length])).toEqual([
      ['there', 0, 1],
      ['gone', UNKNOWN_TOPIC, 0],
    ])
  })

  it('says of a broker that left that it is not there, and finds one that came', async () => {
    const [first, second] = await brokersOf(2)
    const cluster = clusterOf([first!])
    first!.brokers = [first!]
    expect(isPassing(await failure(beat(cluster, 1)))).toBe(true)
    first!.brokers = [first!, second!]
    await beat(cluster, 1)
    expect(second!.connections).toBe(1)
  })

  it('fails what is under way when it is closed, and takes nothing more', async () => {
    const [broker] = await brokersOf(1)
    const cluster = clusterOf([broker!], { requestTimeoutMs: 60_000 })
    await cluster.metadata([])
    broker!.mood = 'hangs'
    const waiting = failure(beat(cluster, 0))
    await new Promise(resolve => setImmediate(resolve))
    cluster.close()
    expect(String(await waiting)).toContain('closed')
    expect(String(await failure(beat(cluster, 0)))).toContain('closed')
    expect(broker!.connections).toBe(1)
  })
})
