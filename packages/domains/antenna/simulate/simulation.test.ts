import { createHash } from 'node:crypto'
import { compareRecords, type SimulatedRecord } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { type AntennaRaw, type AntennaTruth, type AntennaUser, antenna, apps } from '../contract.ts'
import { simulation } from '../simulate.ts'

const { raw, users, truth } = antenna.topics
const FAULTS = 'dup=0.05,late=0.05,out-of-order=0.05,malformed=0.05,missing-field=0.05,burst=0.005'
const HOUR_MS = 3_600_000

function run(values: Readonly<Record<string, string>> = {}) {
  const { stream, golden } = simulation.simulate(simulation.parse(values), 0)
  const records: SimulatedRecord[] = []
  while (stream.nextMs !== Number.POSITIVE_INFINITY) records.push(stream.next())
  return { records, golden: golden() }
}

const of = <T>(records: readonly SimulatedRecord[], topic: { readonly name: string }): T[] =>
  records.filter(record => record.topic === topic.name).map(record => JSON.parse(record.value) as T)
const digest = (records: readonly SimulatedRecord[]): string =>
  createHash('sha256')
    .update(records.map(({ value, fault }) => `${value}\n${JSON.stringify(fault)}\n`).join(''))
    .digest('hex')

describe('the stream of records', () => {
  it('has the same bytes for the same seed, today and in the next version', () => {
    const { records } = run({ faults: FAULTS })
    expect(digest(run({ faults: FAULTS }).records)).toBe(digest(records))
    // Changing this digest changes the data of everybody's seeds.
    expect(digest(records)).toBe('9210394b43bb709fbdf0e21509649a73cb651ead9eb5eea3a2184fce181d1e52')
    expect(digest(run({ faults: FAULTS, seed: '43' }).records)).not.toBe(digest(records))
  })

  it.each([undefined, FAULTS])('is the same merged from three shards as whole (faults: %s)', faults => {
    const values = { devices: '33', duration: '90m', ...(faults ? { faults } : {}) }
    const shards = [1, 2, 3].map(index => run({ ...values, shard: `${index}/3` }).records)
    expect(shards.every(shard => shard.length > 0)).toBe(true)
    expect(digest(shards.flat().toSorted(compareRecords))).toBe(digest(run(values).records))
  })

  it('refuses more parts than there are groups', () => {
    expect(() => simulation.parse({ shard: '1/5' })).toThrow('shard is 1/5, but 20 devices make at most 4 parts of 5.')
  })
})

describe('the world of antennas', () => {
  const { records, golden } = run({ duration: '3h' })
  const events = of<AntennaRaw>(records, raw)

  it('has one event a minute of each of 20 devices, with known apps, 0 to 9,999 bytes and one of 5 antennas', () => {
    expect(events).toHaveLength(20 * 180)
    expect(new Set(events.map(({ app }) => app))).toEqual(new Set(apps))
    expect(new Set(events.map(event => event.antenna_id)).size).toBe(5)
    expect(events.every(({ bytes }) => bytes >= 0 && bytes <= 9_999)).toBe(true)
    const mean = events.reduce((sum, { bytes }) => sum + bytes, 0) / events.length
    // Four standard deviations of the mean of an even draw.
    expect(Math.abs(mean - 4_999.5)).toBeLessThan((4 * 9_999) / Math.sqrt(12 * events.length))
  })

  it('tells who owns a device before it sends', () => {
    expect(of<AntennaUser>(records.slice(0, 20), users).map(({ quota }) => quota)).toEqual([
      200_000, 300_000, 100_000, 5_000, 200_000, 200_000, 300_000, 100_000, 300_000, 300_000, 300_000, 1_000_000,
      200_000, 1_000_000, 1_000_000, 1_000_000, 300_000, 300_000, 200_000, 200_000,
    ])
  })

  it('moves devices in groups of five', () => {
    const byMinute = Map.groupBy(events, ({ timestamp, id }) => {
      const group = Math.floor((Number(id.slice(-2)) - 1) / 5)
      return `${group} ${Math.floor(timestamp / 60)}`
    })
    const shares = [...byMinute.values()].map(members => new Set(members.map(event => event.antenna_id)).size)
    // In a minute in which a group moves, its members may be at two antennas.
    expect(shares.filter(count => count === 1).length / shares.length).toBeGreaterThan(0.85)
    expect(Math.max(...shares)).toBe(2)
  })

  it('tells the truth about each device and clock hour', () => {
    const labels = of<AntennaTruth>(records, truth)
    expect(labels).toHaveLength(20 * 3)
    for (const { id, datetime, usage, quota, over } of labels) {
      const own = events.filter(
        event => event.id === id && Math.floor((event.timestamp * 1000) / HOUR_MS) * HOUR_MS === Date.parse(datetime),
      )
      expect(usage).toBe(own.reduce((sum, { bytes }) => sum + bytes, 0))
      expect(over).toBe(usage > quota)
    }
  })

  it('knows the golden answers: every event is in one window of each type', () => {
    for (const type of ['app_total_bytes', 'antenna_total_bytes', 'user_total_bytes']) {
      const rows = golden.antenna_bytes!.filter(row => row.type === type)
      expect(rows.reduce((sum, row) => sum + Number(row.events), 0)).toBe(events.length)
      expect(rows.reduce((sum, row) => sum + Number(row.value), 0)).toBe(events.reduce((sum, e) => sum + e.bytes, 0))
    }
  })

  it('counts for the golden answers what reaches the log, once', () => {
    const faulty = run({ duration: '3h', faults: FAULTS })
    const kept = new Set(
      faulty.records
        .filter(({ topic, fault }) => topic === raw.name && !['malformed', 'missing-field'].includes(fault?.kind ?? ''))
        .map(({ eventId }) => eventId),
    )
    const counted = faulty.golden
      .antenna_bytes!.filter(row => row.type === 'app_total_bytes')
      .reduce((sum, row) => sum + Number(row.events), 0)
    expect(counted).toBe(kept.size)
    expect(counted).toBeLessThan(events.length)
  })
})
