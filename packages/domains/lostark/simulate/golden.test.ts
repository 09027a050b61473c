import type { GoldenRow, SimulatedRecord } from '@millrace/simulation'
import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createRaidsTopology } from '../aggregate/raids.ts'
import { lostark } from '../contract.ts'
import { simulation } from '../simulate.ts'

const { raw, outcomes, members } = lostark.topics
const REFUSED: readonly string[] = ['malformed', 'missing-field']

function run(values: Readonly<Record<string, string>>) {
  const { stream, golden } = simulation.simulate(simulation.parse(values), 0)
  const records: SimulatedRecord[] = []
  while (stream.nextMs !== Number.POSITIVE_INFINITY) records.push(stream.next())
  return { records, golden: golden() }
}

/** The newest row of each key that the mappings of a topic to a table make. */
async function rowsOf(driver: TopologyDriver, topic: typeof outcomes | typeof members, table: string) {
  const mapping = lostark.mappings.find(each => each.topic.name === topic.name && each.table.name === table)!
  const newest = new Map<string, { time: number; values: GoldenRow }>()
  for (const event of await driver.read(topic)) {
    const { values, writeTimeMicros: time } = mapping.toRow(event as never)!
    if (time > (newest.get(event.eventId)?.time ?? 0)) newest.set(event.eventId, { time, values: values as GoldenRow })
  }
  return [...newest.values()].map(({ values }) => values)
}

const keyOf = (row: GoldenRow): string => `${row.session_id} ${row.start_time} ${row.account ?? ''}`
const byKey = (rows: readonly GoldenRow[]) => new Map(rows.map(row => [keyOf(row), row]))

describe('golden answers', () => {
  it.each([
    ['1', ''],
    ['2', 'dup=0.05,late=0.1,out-of-order=0.1,burst=0.01'],
    ['3', 'dup=0.02,late=0.02,out-of-order=0.02,burst=0.002,malformed=0.05,missing-field=0.05'],
    ['4', 'late=0.2,burst=0.02,malformed=0.1,missing-field=0.1'],
  ])(
    'are what the platform says of raids and members: seed %s, faults %s',
    async (seed, faults) => {
      const { records, golden } = run({ seed, unclosed: '0.3', ...(faults && { faults }) })
      await using driver = await createTopologyDriver(createRaidsTopology({}))
      const sent = records.filter(({ fault }) => !REFUSED.includes(fault?.kind ?? ''))
      // In the order of sending within a session; sessions one after another are further out of order than any run.
      for (const [key, of] of Map.groupBy(sent, ({ key }) => key))
        await driver.pipeBytes(raw.name, key, ...of.map(({ value }) => value))
      const raids = byKey(await rowsOf(driver, outcomes, 'lostark_raids'))
      expect(raids.size).toBe(golden.lostark_raids!.length)
      for (const row of golden.lostark_raids!) expect(raids.get(keyOf(row))).toMatchObject(row)
      const labels = byKey(await rowsOf(driver, members, 'lostark_training'))
      for (const { datetime: _, event_id: __, ...row } of golden.lostark_training!)
        expect(labels.get(keyOf(row))).toEqual(row)
      expect(new Set(golden.lostark_training!.map(keyOf)).size).toBe(labels.size)
      expect(new Set(golden.lostark_raids!.map(row => row.time_up_by))).toEqual(
        new Set(['none', 'record', 'watermark']),
      )
    },
    60_000,
  )

  it('have each event that reaches the log once, and its player in the rates of boss and class', () => {
    const { records, golden } = run({ faults: 'dup=0.1,malformed=0.05,missing-field=0.05,late=0.05' })
    const kept = new Set(
      records.filter(({ fault }) => !REFUSED.includes(fault?.kind ?? '')).map(({ eventId }) => eventId),
    )
    expect(new Set(golden.lostark_training!.map(row => row.event_id))).toEqual(kept)
    expect(golden.lostark_training).toHaveLength(kept.size)
    const players = new Set(golden.lostark_training!.map(keyOf)).size
    for (const ofAll of [true, false]) {
      const rows = golden.lostark_success_daily!.filter(row => (row.class === '') === ofAll)
      expect(rows.reduce((sum, row) => sum + Number(row.members), 0)).toBe(players)
    }
  })

  it('are of what was taken so far, and may be asked for more than once', () => {
    const { stream, golden } = simulation.simulate(simulation.parse({}), 0)
    const taken: string[] = []
    for (let number = 0; number < 500; number++) taken.push(stream.next().eventId)
    for (let times = 0; times < 2; times++)
      expect(new Set(golden().lostark_training!.map(row => row.event_id))).toEqual(new Set(taken))
  })
})
