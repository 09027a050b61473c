import type { MartRow } from '@millrace/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupIntoBatches } from '../src/partition-batches.ts'
import { readings } from './sample-tables.ts'

const row = (site: string, day: number, at: number | null, note = ''): MartRow => ({
  writeTimeMicros: 1,
  values: at === null ? { site, day, owner: 'o' } : { site, day, at, id: 'x', note },
})
const LIMITS = { maxRows: 50, maxBytes: 50 * 1024 }

describe('batches of one partition', () => {
  it('hold every row once, in order, one partition and one kind each, within the limits', () => {
    const anyRow = fc
      .tuple(fc.constantFrom('a', 'b', '1:b'), fc.nat({ max: 2 }), fc.option(fc.nat()), fc.nat({ max: 20_000 }))
      .map(([site, day, at, length]) => row(site, day, at, '가'.repeat(length)))
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 300, size: 'max' }), rows => {
        const batches = groupIntoBatches(readings, rows, LIMITS)
        expect(batches.reduce((sum, batch) => sum + batch.rows.length, 0)).toBe(rows.length)
        for (const { rows: members, kind } of batches) {
          const [first] = members
          for (const { values } of members) {
            expect([values.site, values.day]).toEqual([first!.values.site, first!.values.day])
            expect(kind).toBe(values.at === undefined ? 'static' : 'row')
          }
          expect(members.length).toBeLessThanOrEqual(LIMITS.maxRows)
          const bytes = members.reduce((sum, { values }) => sum + Buffer.byteLength(JSON.stringify(values)), 0)
          if (members.length > 1) expect(bytes).toBeLessThanOrEqual(LIMITS.maxBytes)
        }
        const ofPartition = (site: string, day: number) => (each: MartRow) =>
          each.values.site === site && each.values.day === day && each.values.at !== undefined
        for (const { values } of rows) {
          const isThere = ofPartition(values.site as string, values.day as number)
          expect(batches.flatMap(batch => batch.rows).filter(isThere)).toEqual(rows.filter(isThere))
        }
      }),
      { numRuns: 50 },
    )
  })

  it('are as few as the limits allow', () => {
    const rows = Array.from({ length: 120 }, (_, at) => row('a', 1, at))
    expect(groupIntoBatches(readings, rows, LIMITS).map(batch => batch.rows.length)).toEqual([50, 50, 20])
    const long = [row('a', 1, 1, 'x'.repeat(30_000)), row('a', 1, 2, 'x'.repeat(30_000)), row('a', 1, 3)]
    expect(groupIntoBatches(readings, long, LIMITS).map(batch => batch.rows.length)).toEqual([1, 2])
  })

  it('keep partitions apart whose keys read the same when put together', () => {
    const rows = [row('1:b', 1, 1), row('1', 1, 1), row('a1', 1, 1), row('a', 11, 1)]
    expect(groupIntoBatches(readings, rows, LIMITS)).toHaveLength(4)
  })
})
