import { systemClock } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConsumerEvent, ConsumerOptions, EventLog, LogRecord } from '../src/index.ts'
import { collect, Member, text, topicSpec } from './log-driver.ts'

export interface LogUnderTest {
  readonly log: EventLog
  /** Most bytes that a producer of this log holds. */
  readonly maxInFlightBytes: number
  /** Shortest session timeout that the log takes. */
  readonly shortestSessionMs: number
  /** Makes names of topics and groups unique to this run. */
  readonly unique: (name: string) => string
  readonly close: () => Promise<void>
}

/** Longest time that anything but a test of slowness may take. */
const TIMEOUT_MS = 20_000

/** What every EventLog does, whatever stores it. */
export function describeEventLog(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`${name} event log`, () => {
    let under: LogUnderTest
    let log: EventLog
    beforeAll(async () => {
      under = await open()
      log = under.log
    })
    afterAll(async () => {
      await under?.close()
    })

    async function topicOf(name: string, partitions: number, maxMessageBytes = 1 << 20): Promise<string> {
      const topic = under.unique(name)
      await log.ensureTopics([topicSpec(topic, { partitions, maxMessageBytes })])
      return topic
    }
    async function appendAll(topic: string, values: readonly string[], key = (value: string) => value): Promise<void> {
      const producer = await log.producer({ clientId: 'test' })
      const records = values.map(value => ({
        key: text(key(value)),
        value: text(value),
        timestampMs: systemClock.now(),
      }))
      const results = await producer.append(topic, records, { deadlineMs: TIMEOUT_MS })
      expect(results.filter(result => !result.ok)).toEqual([])
      await producer.close()
    }
    const member = async (topic: string, group: string, more: Partial<ConsumerOptions> = {}): Promise<Member> =>
      new Member(await log.consumer({ group, topics: [topic], clientId: 'member', ...more }), TIMEOUT_MS)

    describe('topics', () => {
      it('creates what is missing, changes what differs and leaves the rest alone', async () => {
        const topic = under.unique('ensured')
        const spec = topicSpec(topic, { partitions: 2 })
        const outcome = async (wanted: typeof spec) => (await log.ensureTopics([wanted]))[0]!
        expect(await outcome(spec)).toEqual({ name: topic, outcome: 'created', differences: [] })
        // Whichever broker is asked: several times, of three.
        for (let times = 0; times < 6; times++)
          expect(await outcome(spec)).toEqual({ name: topic, outcome: 'unchanged', differences: [] })
        const wanted = { ...spec, partitions: 4, retentionMs: 7_200_000 }
        expect(await outcome(wanted)).toEqual({
          name: topic,
          outcome: 'changed',
          differences: ['partitions: 2, wanted 4', 'retentionMs: 3600000, wanted 7200000'],
        })
        for (let times = 0; times < 6; times++) expect(await outcome(wanted)).toMatchObject({ outcome: 'unchanged' })
        expect(await outcome({ ...wanted, partitions: 3 })).toEqual({
          name: topic,
          outcome: 'differs',
          differences: ['partitions: 4, wanted 3'],
        })
        expect(await log.range(topic)).toHaveLength(4)
      })

      it('refuses a name that no log can hold', async () => {
        await expect(log.ensureTopics([topicSpec('a/b', { partitions: 1 })])).rejects.toMatchObject({
          code: 'invalid_topic',
        })
      })

      it('says that a topic is not there', async () => {
        const topic = under.unique('nowhere')
        const producer = await log.producer({ clientId: 'test' })
        const record = { key: text('k'), value: text('v'), timestampMs: systemClock.now() }
        const [result] = await producer.append(topic, [record], { deadlineMs: TIMEOUT_MS })
        await producer.close()
        expect(result).toMatchObject({ ok: false, error: { code: 'unknown_topic', retryable: false } })
        const unknown = { code: 'unknown_topic' }
        await expect(log.range(topic)).rejects.toMatchObject(unknown)
        await expect(collect(log.read(topic, 0, 0, 1))).rejects.toMatchObject(unknown)
        await expect(log.consumer({ group: topic, topics: [topic], clientId: 'c' })).rejects.toMatchObject(unknown)
      })
    })

    describe('records', () => {
      it('gives back every byte, the timestamp and the trace', async () => {
        const topic = await topicOf('bytes', 1)
        const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
        const sent = [
          { key: text('ключ'), value: everyByte, timestampMs: systemClock.now() },
          { key: Buffer.alloc(0), value: Buffer.alloc(0), timestampMs: systemClock.now() - 5_000 },
          {
            key: everyByte,
            value: Buffer.alloc(300_000, 7),
            timestampMs: systemClock.now(),
            traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
          },
        ]
        const producer = await log.producer({ clientId: 'test' })
        const results = await producer.append(topic, sent, { deadlineMs: TIMEOUT_MS })
        await producer.close()
        expect(results).toEqual([0, 1, 2].map(offset => ({ ok: true, partition: 0, offset })))
        const stored = await collect(log.read(topic, 0, 0, 3))
        expect(stored).toEqual(sent.map((record, offset) => ({ topic, partition: 0, offset, ...record })))
      })

      it('puts a key where the clients of Kafka put it, and keeps its order', async () => {
        const topic = await topicOf('order', 6)
        const values = Array.from({ length: 600 }, (_, i) => `${i % 7}:${i}`)
        const keyOf = (value: string): string => `account-${value.split(':')[0]}`
        const producer = await log.producer({ clientId: 'test' })
        const appends = Array.from({ length: 6 }, (_, i) =>
          producer.append(
            topic,
            values
              .slice(i * 100, i * 100 + 100)
              .map(value => ({ key: text(keyOf(value)), value: text(value), timestampMs: systemClock.now() })),
            { deadlineMs: TIMEOUT_MS },
          ),
        )
        const results = (await Promise.all(appends)).flat()
        const stored = new Map<string, LogRecord>()
        for (const { partition, end } of await log.range(topic))
          for (const record of await collect(log.read(topic, partition, 0, end)))
            stored.set(`${partition}/${record.offset}`, record)
        expect(stored.size).toBe(values.length)
        for (const [i, value] of values.entries()) {
          const result = results[i]!
          if (!result.ok) throw result.error
          expect(result.partition).toBe(producer.partitionFor(topic, text(keyOf(value))))
          expect(stored.get(`${result.partition}/${result.offset}`)?.value.toString()).toBe(value)
        }
        const perKey = Map.groupBy(stored.values(), record => record.key.toString())
        for (const records of perKey.values()) {
          const sent = records.map(record => Number(record.value.toString().split(':')[1]))
          expect(sent).toEqual(sent.toSorted((a, b) => a - b))
        }
        await producer.close()
      })

      it('answers a record that is too large for itself and stores its neighbours', async () => {
        const topic = await topicOf('large', 1, 10_000)
        const producer = await log.producer({ clientId: 'test' })
        const records = [100, 10_001, 9_000, 9_000, 200].map(size => ({
          key: text('k'),
          value: Buffer.alloc(size, 65),
          timestampMs: systemClock.now(),
        }))
        const results = await producer.append(topic, records, { deadlineMs: TIMEOUT_MS })
        await producer.close()
        expect(results.map(result => (result.ok ? result.offset : result.error.code))).toEqual([
          0,
          'record_too_large',
          1,
          2,
          3,
        ])
      })

      it('refuses what a producer cannot hold, and takes it when there is room', async () => {
        const topic = await topicOf('saturated', 1)
        const producer = await log.producer({ clientId: 'test' })
        const value = Buffer.alloc(500_000)
        const burst = Array.from({ length: Math.ceil(under.maxInFlightBytes / value.length) + 1 }, () =>
          producer.append(topic, [{ key: text('k'), value, timestampMs: systemClock.now() }], {
            deadlineMs: TIMEOUT_MS,
          }),
        )
        expect(producer.inFlightBytes).toBeGreaterThan(0)
        expect(producer.inFlightBytes).toBeLessThanOrEqual(under.maxInFlightBytes)
        const codes = (await Promise.all(burst)).flat().map(result => (result.ok ? 'ok' : result.error.code))
        expect(codes[0]).toBe('ok')
        expect(codes.at(-1)).toBe('log_saturated')
        expect(new Set(codes)).toEqual(new Set(['ok', 'log_saturated']))
        expect(producer.inFlightBytes).toBe(0)
        const [again] = await producer.append(topic, [{ key: text('k'), value, timestampMs: systemClock.now() }], {
          deadlineMs: TIMEOUT_MS,
        })
        expect(again).toMatchObject({ ok: true })
        await producer.close()
      })

      it('stores what it took before it closes, and takes nothing after', async () => {
        const topic = await topicOf('closing', 3)
        const producer = await log.producer({ clientId: 'test' })
        const append = (value: string) =>
          producer.append(topic, [{ key: text(value), value: text(value), timestampMs: systemClock.now() }], {
            deadlineMs: TIMEOUT_MS,
          })
        const taken = Array.from({ length: 50 }, (_, i) => append(String(i)))
        await producer.close()
        expect(producer.inFlightBytes).toBe(0)
        expect((await Promise.all(taken)).flat().every(result => result.ok)).toBe(true)
        expect(await append('late')).toMatchObject([{ ok: false, error: { code: 'log_closed' } }])
        const ends = (await log.range(topic)).map(range => range.end)
        expect(ends.reduce((sum, end) => sum + end, 0)).toBe(50)
      })

      it('reads short ranges in turn, of one partition or another, and what came since', async () => {
        const topic = await topicOf('turns', 2)
        await appendAll(
          topic,
          Array.from({ length: 40 }, (_, i) => `value ${i}`),
        )
        const ends = (await log.range(topic)).map(({ end }) => end)
        const whole = await Promise.all(ends.map((end, partition) => collect(log.read(topic, partition, 0, end))))
        for (let from = 0; from < Math.max(...ends); from += 3)
          for (const [partition, records] of whole.entries())
            expect(await collect(log.read(topic, partition, from, from + 3))).toEqual(records.slice(from, from + 3))
        await appendAll(topic, ['one more'])
        const grown = (await log.range(topic)).findIndex(({ end }, partition) => end > ends[partition]!)
        const [last] = await collect(log.read(topic, grown, ends[grown]!, ends[grown]! + 1))
        expect(last?.value.toString()).toBe('one more')
      })

      it('reads any range', async () => {
        const topic = await topicOf('range', 1)
        const values = Array.from({ length: 3_000 }, (_, i) => `value ${i}`)
        await appendAll(topic, values)
        expect(await log.range(topic)).toEqual([{ partition: 0, earliest: 0, end: 3_000 }])
        for (const [from, to] of [
          [0, 3_000],
          [0, 1],
          [1_234, 1_240],
          [2_990, 5_000],
          [7, 7],
          [3_000, 3_001],
        ] as const) {
          const records = await collect(log.read(topic, 0, from, to))
          expect(records.map(record => record.value.toString())).toEqual(values.slice(from, to))
          expect(records.map(record => record.offset)).toEqual(values.map((_, i) => i).slice(from, to))
        }
      })
    })

    describe('groups', () => {
      it('delivers nothing before start, and everything from there on', async () => {
        const topic = await topicOf('start', 1)
        await appendAll(topic, ['a', 'b', 'c', 'd'])
        const one = await member(topic, under.unique('g'))
        const [assignment] = await one.assigned(1)
        expect(assignment).toMatchObject({ topic, partition: 0, committed: null, earliest: 0, end: 4 })
        expect(await one.consumer.poll(300)).toBeNull()
        one.consumer.start(assignment!, 2)
        expect(await one.values(2)).toEqual(['c', 'd'])
        await appendAll(topic, ['e'])
        expect(await one.values(1)).toEqual(['e'])
        await one.close()
      })

      it('goes back where start says', async () => {
        const topic = await topicOf('rewind', 1)
        await appendAll(topic, ['a', 'b', 'c'])
        const one = await member(topic, under.unique('g'))
        const [assignment] = await one.assigned(1)
        one.consumer.start(assignment!, 0)
        expect(await one.values(3)).toEqual(['a', 'b', 'c'])
        one.consumer.start(assignment!, 1)
        expect(await one.values(2)).toEqual(['b', 'c'])
        await appendAll(topic, ['d'])
        one.consumer.start(assignment!, 3)
        expect(await one.values(1)).toEqual(['d'])
        await one.close()
      })

      it('pauses and resumes a partition', async () => {
        const topic = await topicOf('pause', 2)
        const one = await member(topic, under.unique('g'))
        const assignments = await one.assigned(2)
        for (const assignment of assignments) one.consumer.start(assignment, 0)
        one.consumer.pause([{ topic, partition: 0 }])
        const keys = await keysOf(log, topic, 2)
        await appendAll(topic, ['x', 'y'], value => (value === 'x' ? keys[0]! : keys[1]!))
        expect(await one.values(1)).toEqual(['y'])
        expect(await one.consumer.poll(500)).toBeNull()
        one.consumer.resume([{ topic, partition: 0 }])
        expect(await one.values(1)).toEqual(['x'])
        await one.close()
      })

      it('keeps committed positions with their metadata, and redelivers what was not committed', async () => {
        const topic = await topicOf('commit', 1)
        const group = under.unique('g')
        await appendAll(topic, ['a', 'b', 'c'])
        const one = await member(topic, group)
        const [assignment] = await one.assigned(1)
        one.consumer.start(assignment!, 0)
        await one.values(3)
        await one.consumer.commit([{ ...assignment!, offset: 1, metadata: 'stateFrom=0' }])
        expect(await log.committed(group, topic)).toEqual(new Map([[0, { offset: 1, metadata: 'stateFrom=0' }]]))
        await one.close()
        const two = await member(topic, group)
        const [again] = await two.assigned(1)
        expect(again!.committed).toEqual({ offset: 1, metadata: 'stateFrom=0' })
        two.consumer.start(again!, again!.committed!.offset)
        expect(await two.values(2)).toEqual(['b', 'c'])
        await two.close()
      })

      it('shares the partitions between two members, and gives them back when one leaves', async () => {
        const topic = await topicOf('shared', 4)
        const group = under.unique('g')
        const one = await member(topic, group, { sessionTimeoutMs: 60_000 })
        await one.assigned(4)
        const two = await member(topic, group, { sessionTimeoutMs: 60_000 })
        await settled([one, two], owned => owned[0] === 2 && owned[1] === 2)
        const all = [...one.owned.keys(), ...two.owned.keys()].sort()
        expect(all).toEqual([0, 1, 2, 3].map(partition => `${topic}/${partition}`))
        // Leaving is at once: far below the session timeout of a minute.
        await two.close()
        await settled([one], owned => owned[0] === 4)
        await one.close()
      })

      it('refuses commits for an assignment that is lost, and only for that one', async () => {
        const topic = await topicOf('fenced', 2)
        const group = under.unique('g')
        await appendAll(topic, ['a', 'b', 'c', 'd'])
        const one = await member(topic, group)
        const before = await one.assigned(2)
        const two = await member(topic, group)
        await settled([one, two], owned => owned[0] === 1 && owned[1] === 1)
        const lost = before.find(({ topic, partition }) => two.owned.has(`${topic}/${partition}`))!
        const kept = [...one.owned.values()][0]!
        await expect(
          one.consumer.commit([
            { ...lost, offset: 1, metadata: 'lost' },
            { ...kept, offset: 1, metadata: 'kept' },
          ]),
        ).rejects.toMatchObject({ code: 'fenced', details: { partition: lost.partition } })
        expect(await log.committed(group, topic)).toEqual(new Map([[kept.partition, { offset: 1, metadata: 'kept' }]]))
        // A partition that comes back has a new epoch: what refers to the old one stays void.
        await two.close()
        await settled([one], owned => owned[0] === 2)
        const again = one.owned.get(`${topic}/${lost.partition}`)!
        expect(again.epoch).not.toBe(lost.epoch)
        expect(one.owned.get(`${topic}/${kept.partition}`)).toBeDefined()
        one.consumer.start(lost, 0)
        expect(await one.consumer.poll(300)).toBeNull()
        await expect(one.consumer.commit([{ ...lost, offset: 1, metadata: '' }])).rejects.toMatchObject({
          code: 'fenced',
        })
        await one.consumer.commit([{ ...again, offset: 1, metadata: 'again' }])
        await one.close()
      })

      it('lets a member be slow for longer than its session', async () => {
        const topic = await topicOf('slow', 6)
        const one = await member(topic, under.unique('g'), { sessionTimeoutMs: under.shortestSessionMs })
        const assignments = await one.assigned(6)
        for (const assignment of assignments) one.consumer.start(assignment, 0)
        const values = Array.from({ length: 60 }, (_, i) => `value ${i}`)
        await appendAll(topic, values)
        const first = await one.values(1)
        // Of the other partitions, wherever their leaders are, something is fetched and not asked for.
        await systemClock.sleep(under.shortestSessionMs * 1.6)
        await one.consumer.commit(assignments.map(assignment => ({ ...assignment, offset: 0, metadata: '' })))
        const rest = await one.values(values.length - first.length)
        expect([...first, ...rest].sort()).toEqual(values.toSorted())
        expect(one.revocations).toBe(0)
        await one.close()
      })

      it('bounds a fetched batch', async () => {
        const topic = await topicOf('batches', 1)
        await appendAll(
          topic,
          Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(100_000)),
        )
        const one = await member(topic, under.unique('g'), { maxBatchBytes: 500_000 })
        const [assignment] = await one.assigned(1)
        one.consumer.start(assignment!, 0)
        let next = 0
        while (next < 40) {
          const event: ConsumerEvent | null = await one.consumer.poll(TIMEOUT_MS)
          if (event?.type !== 'records') throw new Error(`expected records, got ${event?.type ?? 'nothing'}`)
          expect(event.records.map(record => record.offset)).toEqual(event.records.map((_, i) => next + i))
          next += event.records.length
          // One stored batch (here at most the 1 MiB of the topic) may come on top.
          expect(event.records.length).toBeLessThanOrEqual(15)
          expect(event.end).toBe(40)
        }
        await one.close()
      })

      it('rejects a poll once it is closed', async () => {
        const topic = await topicOf('closed', 1)
        const one = await member(topic, under.unique('g'))
        await one.assigned(1)
        const waiting = one.consumer.poll(TIMEOUT_MS)
        const rejected = expect(waiting).rejects.toMatchObject({ code: 'log_closed' })
        await one.close()
        await rejected
      })
    })

    it('answers a ping', async () => {
      await expect(log.ping()).resolves.toBeUndefined()
    })
  })

  /** A key for each of the first `count` partitions. */
  async function keysOf(log: EventLog, topic: string, count: number): Promise<readonly string[]> {
    const producer = await log.producer({ clientId: 'keys' })
    const keys: string[] = []
    for (let i = 0; keys.filter(key => key !== undefined).length < count; i++)
      keys[producer.partitionFor(topic, text(`key-${i}`))] ??= `key-${i}`
    await producer.close()
    return keys
  }

  /** Polls all members until `is` holds for the numbers of partitions that they own. */
  async function settled(members: readonly Member[], is: (owned: readonly number[]) => boolean): Promise<void> {
    const untilMs = systemClock.now() + TIMEOUT_MS
    while (!is(members.map(member => member.owned.size))) {
      if (systemClock.now() > untilMs)
        throw new Error(`not settled: members own ${members.map(member => member.owned.size).join(', ')} partitions`)
      await Promise.all(members.map(member => member.step(100)))
    }
  }
}
