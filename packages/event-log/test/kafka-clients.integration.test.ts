import { randomUUID } from 'node:crypto'
import { systemClock } from '@millrace/runtime'
import { describeOnStack } from '@millrace/testing/vitest'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKafkaEventLog, type EventLog, type KafkaClientName, kafkaClients } from '../src/index.ts'
import { collect, Member, silentLogger, text, topicSpec } from './log-driver.ts'

const TIMEOUT_MS = 30_000
const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const
const pairs = kafkaClients.flatMap(one =>
  kafkaClients.filter(other => other !== one).map(other => [one, other] as const),
)

/** A cluster may be served by both client libraries, one after the other or at once. */
describeOnStack('kafka, by two clients', ['kafka'], ({ kafka }) => {
  const opened: EventLog[] = []
  let logs: Readonly<Record<KafkaClientName, EventLog>>

  function open(client: KafkaClientName, compression: (typeof COMPRESSIONS)[number] = 'none'): EventLog {
    const { brokers } = kafka
    const log = createKafkaEventLog({
      brokers,
      client,
      clientId: client,
      clock: systemClock,
      logger: silentLogger,
      compression,
    })
    opened.push(log)
    return log
  }
  beforeAll(() => {
    logs = { kafkajs: open('kafkajs'), platformatic: open('platformatic') }
  })
  afterAll(async () => {
    await Promise.all(opened.map(log => log.close()))
  })

  async function topicOf(partitions: number): Promise<string> {
    const topic = `clients-${randomUUID().slice(0, 8)}`
    await logs.kafkajs.ensureTopics([topicSpec(topic, { partitions })])
    return topic
  }
  async function append(log: EventLog, topic: string, values: readonly string[]): Promise<void> {
    const producer = await log.producer({ clientId: 'writer' })
    const records = values.map(value => ({ key: text(value), value: text(value), timestampMs: systemClock.now() }))
    const results = await producer.append(topic, records, { deadlineMs: TIMEOUT_MS })
    expect(results.filter(result => !result.ok)).toEqual([])
    await producer.close()
  }
  const member = async (log: EventLog, topic: string): Promise<Member> =>
    new Member(await log.consumer({ group: topic, topics: [topic], clientId: 'member' }), TIMEOUT_MS)

  /** Polls both members until they own so many partitions. */
  async function settled(members: readonly Member[], owned: readonly number[]): Promise<void> {
    const untilMs = systemClock.now() + TIMEOUT_MS
    while (members.some((one, i) => one.owned.size !== owned[i])) {
      if (systemClock.now() > untilMs)
        throw new Error(`waited ${TIMEOUT_MS} ms for ${owned}, members own ${members.map(one => one.owned.size)}`)
      await Promise.all(members.map(one => one.step(100)))
    }
  }

  it.each(pairs)('what %s finds in order is in order for %s', async (one, other) => {
    const spec = topicSpec(`clients-${randomUUID().slice(0, 8)}`, { partitions: 3 })
    expect(await logs[one].ensureTopics([spec])).toMatchObject([{ outcome: 'created' }])
    expect(await logs[other].ensureTopics([spec])).toMatchObject([{ outcome: 'unchanged' }])
    const changed = { ...spec, partitions: 4, retentionMs: 7_200_000 }
    expect(await logs[other].ensureTopics([changed])).toMatchObject([{ outcome: 'changed' }])
    expect(await logs[one].ensureTopics([changed])).toMatchObject([{ outcome: 'unchanged' }])
  })

  it.each(pairs.flatMap(pair => COMPRESSIONS.map(compression => [...pair, compression] as const)))(
    'what %s writes %s reads, compressed by %s',
    async (writer, reader, compression) => {
      const topic = await topicOf(1)
      const log = open(writer, compression)
      const producer = await log.producer({ clientId: 'writer' })
      const records = Array.from({ length: 500 }, (_, i) => ({
        key: text(`key-${i}`),
        value: Buffer.alloc(i, `value ${i} `),
        timestampMs: systemClock.now() - i * 1_000,
        ...(i % 7 === 0 ? { traceparent: `00-${'4bf92f3577b34da6'.repeat(2)}-00f067aa0ba902b7-01` } : {}),
      }))
      const results = await producer.append(topic, records, { deadlineMs: TIMEOUT_MS })
      expect(results.every(result => result.ok)).toBe(true)
      expect(await collect(logs[reader].read(topic, 0, 0, 500))).toEqual(
        records.map((record, offset) => ({ topic, partition: 0, offset, ...record })),
      )
      const one = await member(logs[reader], topic)
      const [assignment] = await one.assigned(1)
      one.consumer.start(assignment!, 490)
      expect(await one.values(10)).toEqual(records.slice(490).map(({ value }) => value.toString()))
      await one.close()
    },
  )

  it.each(pairs)('a group of %s goes on as a group of %s, where it was', async (before, after) => {
    const topic = await topicOf(1)
    await append(logs[before], topic, ['a', 'b', 'c'])
    const one = await member(logs[before], topic)
    const [assignment] = await one.assigned(1)
    await one.consumer.commit([{ ...assignment!, offset: 1, metadata: 'stateFrom=0' }])
    await one.close()
    expect(await logs[after].committed(topic, topic)).toEqual(new Map([[0, { offset: 1, metadata: 'stateFrom=0' }]]))
    const two = await member(logs[after], topic)
    const [again] = await two.assigned(1)
    expect(again).toMatchObject({ committed: { offset: 1, metadata: 'stateFrom=0' }, earliest: 0, end: 3 })
    two.consumer.start(again!, again!.committed!.offset)
    expect(await two.values(2)).toEqual(['b', 'c'])
    await two.close()
  })

  it.each(pairs)('a member by %s shares its group with one by %s, and fences are kept', async (first, second) => {
    const topic = await topicOf(4)
    const one = await member(logs[first], topic)
    const all = await one.assigned(4)
    const two = await member(logs[second], topic)
    await settled([one, two], [2, 2])
    const owned = [...one.owned.keys(), ...two.owned.keys()].sort()
    expect(owned).toEqual([0, 1, 2, 3].map(partition => `${topic}/${partition}`))
    const lost = all.find(({ partition }) => two.owned.has(`${topic}/${partition}`))!
    const position = { offset: 0, metadata: first }
    await expect(one.consumer.commit([{ ...lost, ...position }])).rejects.toMatchObject({ code: 'fenced' })
    const theirs = two.owned.get(`${topic}/${lost.partition}`)!
    await two.consumer.commit([{ ...theirs, offset: 0, metadata: second }])
    expect((await logs[first].committed(topic, topic)).get(lost.partition)).toEqual({ offset: 0, metadata: second })
    await one.close()
    await settled([two], [4])
    await two.close()
  })

  describe.each(kafkaClients)('by %s', client => {
    it('goes on with what is left when the log no longer has where it was to start', async () => {
      const topic = await topicOf(1)
      await append(logs[client], topic, ['a', 'b', 'c', 'd'])
      const admin = new kafkajs.Kafka({ brokers: [...kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin()
      await admin.connect()
      // kafkajs deletes records only of a topic that it has heard of.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
      await admin.disconnect()
      expect(await logs[client].range(topic)).toEqual([{ partition: 0, earliest: 2, end: 4 }])
      expect((await collect(logs[client].read(topic, 0, 0, 9))).map(({ value }) => value.toString())).toEqual([
        'c',
        'd',
      ])
      const one = await member(logs[client], topic)
      const [assignment] = await one.assigned(1)
      one.consumer.start(assignment!, 0)
      expect(await one.values(2)).toEqual(['c', 'd'])
      await one.close()
    })

    it('keeps what others have set on a topic', async () => {
      const topic = await topicOf(1)
      const admin = new kafkajs.Kafka({ brokers: [...kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin()
      const { TOPIC: type } = kafkajs.ConfigResourceTypes
      await admin.connect()
      const configEntries = [{ name: 'segment.ms', value: '123456789' }]
      await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] })
      expect(await logs[client].ensureTopics([topicSpec(topic, { partitions: 1 })])).toMatchObject([
        { outcome: 'changed' },
      ])
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name: topic }] })
      await admin.disconnect()
      const found = new Map(resources[0]!.configEntries.map(entry => [entry.configName, entry.configValue]))
      expect(found.get('segment.ms')).toBe('123456789')
      expect(found.get('retention.ms')).toBe('3600000')
    })
  })
})
