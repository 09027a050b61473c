import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEmbeddedEventLog, type EventLog, partitionOfKey } from '../src/index.ts'
import { collect, Member, silentLogger, text, topicSpec } from './log-driver.ts'

const HOUR_MS = 3_600_000
let directory: string
let clock: ManualClock
let log: EventLog

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'event-log-retention-'))
  clock = new ManualClock()
  log = await openLog()
})
afterEach(async () => {
  await log.close()
  await rm(directory, { recursive: true })
})

const openLog = () => createEmbeddedEventLog({ directory, clock, logger: silentLogger, segmentBytes: 500 })

async function append(topic: string, count: number, key = 'k'): Promise<void> {
  const producer = await log.producer({ clientId: 'test' })
  for (let i = 0; i < count; i++) {
    const record = { key: text(key), value: Buffer.alloc(200), timestampMs: clock.now() }
    expect(await producer.append(topic, [record], { deadlineMs: 1_000 })).toMatchObject([{ ok: true }])
  }
  await producer.close()
}

const rangeOf = async (topic: string) => (await log.range(topic))[0]

describe('retention', () => {
  it('removes segments whose records are all too old, and never reuses their offsets', async () => {
    await log.ensureTopics([topicSpec('t', { partitions: 1, retentionMs: HOUR_MS })])
    await append('t', 10)
    await clock.advance(HOUR_MS / 2)
    await append('t', 10)
    await clock.advance(HOUR_MS / 2 + 120_000)
    // A segment goes as a whole: one with a newer record stays.
    await vi.waitFor(async () => expect((await rangeOf('t'))!.earliest).toBeGreaterThanOrEqual(8), { timeout: 60_000 })
    const range = (await rangeOf('t'))!
    expect(range.end).toBe(20)
    expect(range.earliest).toBeLessThanOrEqual(10)
    const left = await collect(log.read('t', 0, 0, 100))
    expect(left.map(record => record.offset)).toEqual(
      Array.from({ length: 20 - range.earliest }, (_, i) => range.earliest + i),
    )

    await clock.advance(HOUR_MS)
    await vi.waitFor(async () => expect(await rangeOf('t')).toEqual({ partition: 0, earliest: 20, end: 20 }), {
      timeout: 60_000,
    })
    await log.close()
    expect((await readdir(join(directory, 'topics', 't', '0'))).filter(name => name.endsWith('.log'))).toHaveLength(1)
    log = await openLog()
    await append('t', 1)
    expect(await rangeOf('t')).toEqual({ partition: 0, earliest: 20, end: 21 })
  })

  it('moves a consumer that starts before what is left to the first record', async () => {
    await log.ensureTopics([topicSpec('t', { partitions: 1, retentionMs: HOUR_MS })])
    await append('t', 5)
    await clock.advance(HOUR_MS + 120_000)
    await vi.waitFor(async () => expect((await rangeOf('t'))!.earliest).toBe(5), { timeout: 60_000 })
    await append('t', 1)
    const member = new Member(await log.consumer({ group: 'g', topics: ['t'], clientId: 'c' }), 10_000)
    const [assignment] = await member.assigned(1)
    expect(assignment).toMatchObject({ earliest: 5, end: 6 })
    member.consumer.start(assignment!, 0)
    const event = await member.step(1_000)
    expect(event).toMatchObject({ type: 'records', records: [{ offset: 5 }], end: 6 })
  })

  it('follows a setting that changes while it removes records', async () => {
    const spec = topicSpec('t', { partitions: 2, retentionMs: HOUR_MS })
    await log.ensureTopics([spec])
    const keyOf = (partition: number) =>
      ['a', 'b', 'c', 'd', 'e'].find(key => partitionOfKey(text(key), 2) === partition)!
    // So many segments that the setting is stored before they are removed.
    await append('t', 400, keyOf(0))
    await append('t', 4, keyOf(1))
    await clock.advance(HOUR_MS + 120_000)
    await log.ensureTopics([{ ...spec, retentionMs: 10 * HOUR_MS }])
    await vi.waitFor(async () => expect((await rangeOf('t'))!.earliest).toBe(400), { timeout: 60_000 })
    await clock.advance(120_000)
    expect((await log.range('t'))[1]).toEqual({ partition: 1, earliest: 0, end: 4 })
  })

  it('keeps a compacted topic', async () => {
    await log.ensureTopics([topicSpec('c', { partitions: 1, retentionMs: HOUR_MS, cleanup: 'compact' })])
    await log.ensureTopics([topicSpec('t', { partitions: 1, retentionMs: HOUR_MS })])
    await append('c', 5)
    await append('t', 5)
    await clock.advance(HOUR_MS + 120_000)
    await vi.waitFor(async () => expect((await rangeOf('t'))!.earliest).toBe(5), { timeout: 60_000 })
    expect(await rangeOf('c')).toEqual({ partition: 0, earliest: 0, end: 5 })
  })
})
