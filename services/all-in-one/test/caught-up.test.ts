import type { EventLog } from '@millrace/event-log'
import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { untilCaughtUp } from '../src/caught-up.ts'

/** Three groups read ten records of a topic and four of another; none has finished any. */
function start(stallMs: number) {
  const ends: Record<string, number> = { 'shop.raw': 10, 'shop.curated': 4 }
  const committed = new Map<string, number>()
  const log = {
    range: async (topic: string) => [{ partition: 0, earliest: 0, end: ends[topic]! }],
    committed: async (group: string, topic: string) =>
      new Map([[0, { offset: committed.get(`${group} ${topic}`) ?? 0, metadata: '' }]]),
  } as unknown as EventLog
  const clock = new ManualClock()
  const totals: number[] = []
  const stalls: string[] = []
  const groups = { curator: ['shop.raw'], aggregator: ['shop.raw'], archiver: ['shop.raw', 'shop.curated'] }
  const waiting = untilCaughtUp(log, groups, {
    ...{ clock, stallMs },
    onLag: total => totals.push(total),
    onStall: reason => stalls.push(reason),
  })
  waiting.catch(() => {})
  return { clock, committed, totals, stalls, waiting }
}

it('counts a record that is on its way once, however many groups read it', async () => {
  const { clock, committed, totals, waiting } = start(60_000)
  await clock.advance(250)
  committed.set('curator shop.raw', 10).set('archiver shop.raw', 3)
  await clock.advance(250)
  committed.set('aggregator shop.raw', 10).set('archiver shop.raw', 10)
  await clock.advance(250)
  committed.set('archiver shop.curated', 4)
  await clock.advance(2_000)
  await waiting
  expect([...new Set(totals)]).toEqual([14, 4, 0])
})

it('says after a few seconds without a movement who is behind, once, and at the end as an error', async () => {
  const { clock, committed, stalls, waiting } = start(60_000)
  committed.set('curator shop.raw', 10).set('aggregator shop.raw', 10)
  await clock.advance(4_000)
  expect(stalls).toEqual([])
  await clock.advance(30_000)
  const first = 'archiver is 10 records behind on shop.raw; archiver is 4 records behind on shop.curated'
  expect(stalls).toEqual([first])
  committed.set('archiver shop.raw', 10)
  await clock.advance(70_000)
  const last = 'archiver is 4 records behind on shop.curated'
  expect(stalls).toEqual([first, last])
  await expect(waiting).rejects.toThrow(`Nothing moved for 60 s: ${last}.`)
})
