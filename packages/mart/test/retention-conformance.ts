import { randomUUID } from 'node:crypto'
import type { MartRow, MartTable } from '@millrace/contracts'
import { systemClock } from '@millrace/runtime'
import { waitUntil } from '@millrace/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Mart, MartRetention } from '../src/index.ts'
import { shifts, visits } from './sample-tables.ts'

export type OpenMart = (options?: { readonly retention?: MartRetention }) => Promise<Mart>

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A server counts whole seconds. */
const SOON_MS = 4_000

const writeAt = (writeTimeMicros: number, values: MartRow['values']): MartRow => ({ writeTimeMicros, values })

const isGone = async (mart: Mart, table: MartTable, row: MartRow): Promise<boolean> =>
  !(await mart.has(table, [row]))[0]

const untilGone = (mart: Mart, table: MartTable, row: MartRow): Promise<unknown> =>
  waitUntil(() => isGone(mart, table, row), { what: `the row of ${table.name} to end`, deadlineMs: 60_000 })

/** What every adapter does with the retention of its tables. */
export function describeRetention(name: string, open: OpenMart): void {
  describe(`retention of the mart: ${name}`, () => {
    async function openWith(retention: Readonly<Record<string, number>>): Promise<Mart> {
      const mart = await open({ retention: new Map(Object.entries(retention)) })
      onTestFinished(() => mart.close())
      await mart.ensureTables([visits, shifts])
      return mart
    }

    it('does not write rows whose time is over, and counts them', async () => {
      const mart = await openWith({ visits: HOUR_MS })
      const [site, nowMs] = [randomUUID(), systemClock.now()]
      const [over, kept] = [nowMs - HOUR_MS - 1, nowMs - HOUR_MS / 2].map(at => writeAt(1, { site, at, id: 'x' }))
      expect(await mart.upsert(visits, [over!, kept!])).toEqual({ expired: 1 })
      expect(await mart.has(visits, [over!, kept!])).toEqual([false, true])
      expect(await mart.select(visits, { site })).toEqual([{ ...kept!.values, note: null }])
      expect(await mart.upsert(visits, [over!])).toEqual({ expired: 1 })
      expect(mart.retentionMs(visits)).toBe(HOUR_MS)
      expect(mart.retentionMs(shifts)).toBeNull()
    })

    it('ends a row at its time plus the retention, also one that is corrected or written again', async () => {
      const mart = await openWith({ visits: HOUR_MS })
      const site = randomUUID()
      const at = systemClock.now() - HOUR_MS + SOON_MS
      const [first, second, later] = [
        writeAt(1, { site, at, id: 'x', note: 'first' }),
        writeAt(2, { site, at, id: 'x', note: 'second' }),
        writeAt(1, { site, at: at + HOUR_MS / 2, id: 'x' }),
      ]
      for (const row of [first, second, first, later]) expect(await mart.upsert(visits, [row])).toEqual({ expired: 0 })
      expect(await mart.select(visits, { site }, { limit: 2 })).toMatchObject([{ note: null }, { note: 'second' }])
      await untilGone(mart, visits, first)
      expect(systemClock.now()).toBeGreaterThanOrEqual(at + HOUR_MS - 1_000)
      expect(await mart.select(visits, { site })).toEqual([{ ...later.values, note: null }])
      const scanned: unknown[] = []
      for await (const page of mart.scan(visits, ['site', 'at'])) scanned.push(...page.filter(row => row.site === site))
      expect(scanned).toEqual([{ site, at: later.values.at }])
    })

    it('ends the rows of a day, and what its partition has once, after the end of the day', async () => {
      const day = new Date(systemClock.now() - 2 * DAY_MS).toISOString().slice(0, 10)
      const endOfDayMs = Date.parse(`${day}T00:00:00Z`) + DAY_MS
      const mart = await openWith({ shifts: systemClock.now() - endOfDayMs + SOON_MS })
      const site = randomUUID()
      const row = writeAt(1, { site, day, id: 'x', note: 'kept' })
      const owner = writeAt(2, { site, day, owner: 'kim' })
      expect(await mart.upsert(shifts, [row, owner])).toEqual({ expired: 0 })
      expect(await mart.select(shifts, { site, day })).toEqual([{ ...row.values, owner: 'kim' }])
      const before = new Date(endOfDayMs - 2 * DAY_MS).toISOString().slice(0, 10)
      expect(await mart.upsert(shifts, [writeAt(1, { ...row.values, day: before })])).toEqual({ expired: 1 })
      await untilGone(mart, shifts, row)
      await untilGone(mart, shifts, owner)
      expect(await mart.select(shifts, { site, day })).toEqual([])
    })

    it('keeps rows without a time, rows of the far future, and tables that are not named', async () => {
      const mart = await openWith({ visits: HOUR_MS, shifts: DAY_MS })
      const site = randomUUID()
      const future = writeAt(1, { site, at: Date.UTC(2190, 0, 1), id: 'x' })
      const odd = ['', 'yesterday', '2024-13-01'].map(id => writeAt(1, { site, day: id || 'day 1', id: 'x' }))
      expect(await mart.upsert(visits, [future])).toEqual({ expired: 0 })
      expect(await mart.upsert(shifts, odd)).toEqual({ expired: 0 })
      expect(await mart.has(visits, [future])).toEqual([true])
      expect(await mart.has(shifts, odd)).toEqual(odd.map(() => true))
      const forEver = await openWith({})
      const old = writeAt(1, { site, at: 1, id: 'x' })
      expect(await forEver.upsert(visits, [old])).toEqual({ expired: 0 })
      expect(await forEver.has(visits, [old])).toEqual([true])
    })

    it('keeps a row away that was deleted, and one that has ended, when they are written again', async () => {
      const mart = await openWith({ visits: HOUR_MS })
      const [site, nowMs] = [randomUUID(), systemClock.now()]
      const [over, ending, kept] = [nowMs - HOUR_MS - 1, nowMs - HOUR_MS + SOON_MS, nowMs].map(at =>
        writeAt(5, { site, at, id: 'x', note: 'first' }),
      )
      const rows = [over!, ending!, kept!]
      expect(await mart.upsert(visits, rows)).toEqual({ expired: 1 })
      expect(await mart.writeTimes(visits, rows)).toEqual([null, 5, 5])
      await mart.delete(visits, [over!, kept!])
      expect(await mart.upsert(visits, rows)).toEqual({ expired: 1 })
      expect(await mart.has(visits, rows)).toEqual([false, true, false])
      await untilGone(mart, visits, ending!)
      // Cassandra counts whole seconds, so that a row may end up to one before its time.
      await systemClock.sleep(1_000)
      expect(await mart.writeTimes(visits, rows)).toEqual([null, null, null])
      expect(await mart.upsert(visits, rows)).toEqual({ expired: 2 })
      expect(await mart.select(visits, { site })).toEqual([])
      // A delete holds also where nothing ends any more, and only for what was written up to its time.
      const forEver = await openWith({})
      await forEver.upsert(visits, [over!, kept!])
      expect(await forEver.has(visits, [over!, kept!])).toEqual([false, false])
      await mart.upsert(visits, [{ ...kept!, writeTimeMicros: 6 }])
      expect(await mart.has(visits, rows)).toEqual([false, false, true])
    })

    it('ends rows that were written before there was a retention when they are written again', async () => {
      const forEver = await openWith({})
      const row = writeAt(1, { site: randomUUID(), at: systemClock.now() - HOUR_MS + SOON_MS, id: 'x', note: 'same' })
      await forEver.upsert(visits, [row])
      const mart = await openWith({ visits: HOUR_MS })
      await mart.upsert(visits, [row])
      await untilGone(forEver, visits, row)
    })
  })
}
