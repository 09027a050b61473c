import { randomUUID } from 'node:crypto'
import type { MartRow, MartTable } from '@millrace/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Mart } from '../src/index.ts'
import { describeDeletes } from './conformance-deletes.ts'
import { expectedRows } from './expected-rows.ts'
import { describeRetention, type OpenMart } from './retention-conformance.ts'
import { entries, readings, totals } from './sample-tables.ts'
import { anyWrites, newPartition, scanAll, writeAt } from './sample-writes.ts'

/**
 * What every adapter of the port must do.
 * @param open opens the same stored mart anew at each call; its clock runs with that of the system
 */
export function describeMart(name: string, open: OpenMart, { runs }: { readonly runs: number }): void {
  describe(`mart: ${name}`, () => {
    let mart: Mart
    beforeAll(async () => {
      mart = await open()
      await mart.ensureTables([readings, entries, totals])
    })
    afterAll(async () => {
      await mart?.close()
    })

    it('holds the same rows whatever the order, the repetitions and the batches of the writes', async () => {
      await fc.assert(
        fc.asyncProperty(anyWrites, fc.infiniteStream(fc.nat({ max: 1_000_000 })), async (writes, dice) => {
          const partition = newPartition()
          const rows = writes.map(({ time, values }) => writeAt(time, { ...partition, ...values }))
          const next = () => Number(dice.next().value)
          const shuffled = [...rows, ...rows].map(row => ({ row, rank: next() })).sort((a, b) => a.rank - b.rank)
          while (shuffled.length > 0) {
            const batch = shuffled.splice(0, 1 + (next() % 6))
            await mart.upsert(
              readings,
              batch.map(({ row }) => row),
            )
          }
          expect(await mart.select(readings, partition)).toEqual(expectedRows(readings, rows))
        }),
        { numRuns: runs },
      )
    })

    it.each([
      ['note', 'a', 'b'],
      ['note', '', '\u0000'],
      ['level', 0, -0],
      ['level', -1, -2],
      ['level', 5, -0],
      ['count', 1, -1],
      ['count', -2, -1],
      ['total', 1, 2 ** 40],
      ['seen_at', 1, -1],
      ['ok', false, true],
    ] as const)('settles a tie in %s between %o and %o the same way in both orders', async (column, loser, winner) => {
      for (const order of [
        [loser, winner],
        [winner, loser],
      ]) {
        const partition = newPartition()
        for (const value of order)
          await mart.upsert(readings, [writeAt(7, { ...partition, at: 1, id: 'x', [column]: value })])
        const [row] = await mart.select(readings, partition)
        expect(row?.[column]).toBe(winner)
      }
    })

    it('keeps a value against a later null and a later write without it', async () => {
      const partition = newPartition()
      const key = { ...partition, at: 1, id: 'x' }
      await mart.upsert(readings, [writeAt(5, { ...key, note: 'stays', owner: 'kim' })])
      await mart.upsert(readings, [writeAt(9, { ...key, note: null, owner: null, count: 3 })])
      expect(await mart.select(readings, partition)).toMatchObject([{ note: 'stays', owner: 'kim', count: 3 }])
      await mart.upsert(readings, [writeAt(6, { ...key, note: 'between', count: 4 })])
      expect(await mart.select(readings, partition)).toMatchObject([{ note: 'between', count: 3 }])
    })

    it.each(['before', 'after'])('shows static columns that were written %s the rows in all of them', async when => {
      const partition = newPartition()
      const rows = [1, 2].map(at => writeAt(at, { ...partition, at, id: 'x' }))
      const fixed = writeAt(3, { ...partition, owner: '김철수' })
      for (const batch of when === 'before' ? [[fixed], rows] : [rows, [fixed]]) await mart.upsert(readings, batch)
      const stored = await mart.select(readings, partition)
      expect(stored.map(row => [row.at, row.owner])).toEqual([
        [2, '김철수'],
        [1, '김철수'],
      ])
    })

    it('gives no row for a partition that holds only static columns', async () => {
      const partition = newPartition()
      await mart.upsert(readings, [writeAt(1, { ...partition, owner: 'nobody here' })])
      expect(await mart.select(readings, partition)).toEqual([])
      expect(await scanAll(mart, readings, ['site'])).not.toContainEqual({ site: partition.site })
      expect(await scanAll(mart, readings, ['owner'])).not.toContainEqual({ owner: 'nobody here' })
    })

    it('keeps a row of which only the key is given', async () => {
      const partition = newPartition()
      await mart.upsert(readings, [writeAt(1, { ...partition, at: 1, id: 'bare' })])
      expect(await mart.select(readings, partition)).toMatchObject([{ id: 'bare', note: null }])
    })

    it('returns every type unchanged, at its extremes', async () => {
      const partition = newPartition()
      const extremes: MartRow['values'][] = [
        { note: '', level: -0, count: -2_147_483_648, total: Number.MIN_SAFE_INTEGER, seen_at: 0, ok: false },
        {
          note: '한국어 \u{1f600}\u0000"\'\n',
          level: 1e308,
          count: 2_147_483_647,
          total: 2 ** 31,
          seen_at: 1,
          ok: true,
        },
        { note: '가'.repeat(20_000), level: 5e-324, count: 0, total: Number.MAX_SAFE_INTEGER, seen_at: -1, ok: null },
        { note: null, level: -1.5, count: -1, total: -1, seen_at: 1_711_279_529_845, ok: true },
      ]
      const rows = extremes.map((values, index) =>
        writeAt(index, { ...partition, at: 4_000_000_000_000 - index, id: '', ...values }),
      )
      await mart.upsert(readings, rows)
      const stored = await mart.select(readings, partition)
      expect(stored).toEqual(rows.map(row => ({ owner: null, height: null, ...row.values })))
    })

    it.each([
      ['the year 1970', 0],
      ['before 1970', -86_400_000_000],
      ['the year 2190', Date.UTC(2190, 0, 1) * 1000],
      ['the year 9999', Date.UTC(9999, 11, 31) * 1000],
    ])('orders writes at a time in %s', async (_, time) => {
      const partition = newPartition()
      const key = { ...partition, at: 1, id: 'x' }
      await mart.upsert(readings, [writeAt(time + 1000, { ...key, note: 'new' })])
      await mart.upsert(readings, [writeAt(time, { ...key, note: 'old' })])
      expect(await mart.select(readings, partition)).toMatchObject([{ note: 'new' }])
    })

    describeDeletes(() => mart, { runs })

    it('selects one partition in clustering order, as many rows as asked for', async () => {
      const partition = newPartition()
      const other = { ...partition, day: 2 }
      const keys = [
        [1, 'b'],
        [3, 'a'],
        [1, 'a'],
        [2, 'a'],
      ] as const
      await mart.upsert(
        readings,
        keys.flatMap(([at, id]) => [partition, other].map(where => writeAt(1, { ...where, at, id }))),
      )
      const order = [
        [3, 'a'],
        [2, 'a'],
        [1, 'a'],
        [1, 'b'],
      ]
      const stored = await mart.select(readings, partition)
      expect(stored.map(row => [row.at, row.id])).toEqual(order)
      expect(stored.every(row => row.day === 1)).toBe(true)
      const first = await mart.select(readings, partition, { limit: 2 })
      expect(first.map(row => [row.at, row.id])).toEqual(order.slice(0, 2))
      expect(await mart.select(readings, { site: 'nowhere', day: 1 })).toEqual([])
    })

    it('tells which rows are there by their whole key, whatever their other columns', async () => {
      const partitions = [newPartition(), newPartition(), { ...newPartition(), day: -3 }]
      const rows = Array.from({ length: 230 }, (_, index) =>
        writeAt(1, { ...partitions[index % 3]!, at: index >> 1, id: index % 2 === 0 ? '' : "o'x", count: index }),
      )
      const stored = rows.filter((_, index) => index % 5 !== 0)
      await mart.upsert(readings, stored)
      const asked = rows.map(({ values: { count, ...key } }) => ({ values: { ...key, note: 'other' } }))
      expect(await mart.has(readings, asked)).toEqual(rows.map((_, index) => index % 5 !== 0))
      expect(await mart.has(readings, [...asked, ...asked].reverse())).toEqual(
        [...rows, ...rows].map((_, index) => index % 5 !== 0).reverse(),
      )
      expect(await mart.has(readings, [])).toEqual([])
      const name = randomUUID()
      await mart.upsert(totals, [writeAt(1, { name })])
      expect(await mart.has(totals, [{ values: { name } }, { values: { name: `${name}!` } }])).toEqual([true, false])
    })

    it('tells it of few rows among many, and in the order of any text', async () => {
      const book = randomUUID()
      const titles = Array.from(
        { length: 1_500 },
        (_, index) => `${['a', 'é', '가', '\u{1f600}', '\uffee'][index % 5]}${index}`,
      )
      await mart.upsert(
        entries,
        titles.map(title => writeAt(1, { book, title })),
      )
      const asked = titles.filter((_, index) => index % 30 === 0).flatMap(title => [title, `${title}!`])
      const rows = (some: readonly string[]) => some.map(title => ({ values: { book, title } }))
      expect(await mart.has(entries, rows(asked))).toEqual(asked.map(title => !title.endsWith('!')))
      expect(await mart.has(entries, rows(titles))).toEqual(titles.map(() => true))
    })

    it('tells whether a partition has the static columns that are asked for', async () => {
      const [none, row, owner, both] = [newPartition(), newPartition(), newPartition(), newPartition()]
      await mart.upsert(readings, [
        writeAt(1, { ...row, at: 1, id: 'x', note: 'no static column' }),
        writeAt(1, { ...owner, owner: 'kim' }),
        writeAt(1, { ...both, at: 1, id: 'x', owner: 'kim', height: 2 }),
      ])
      const ask = (values: MartRow['values']) =>
        mart.has(
          readings,
          [none, row, owner, both].map(partition => ({ values: { ...partition, ...values } })),
        )
      expect(await ask({ owner: 'lee' })).toEqual([false, false, true, true])
      expect(await ask({ owner: null, height: 1 })).toEqual([false, false, false, true])
      expect(await ask({ owner: 'lee', height: 1 })).toEqual([false, false, false, true])
    })

    it('refuses to look for a row without its whole key, and in a table that was never created', async () => {
      const where = { ...newPartition(), at: 1, id: 'x' }
      await expect(mart.has(readings, [{ values: where }, { values: { ...where, id: null } }])).rejects.toMatchObject({
        code: 'invalid_row',
        details: { index: 1, column: 'id' },
      })
      await expect(mart.has({ ...readings, name: 'absent' }, [{ values: where }])).rejects.toMatchObject({
        code: 'unknown_table',
      })
    })

    it('writes and reads a table without clustering columns', async () => {
      const name = randomUUID()
      await mart.upsert(totals, [writeAt(2, { name, from: 5, total: 8 }), writeAt(1, { name, from: 4, total: 9 })])
      expect(await mart.select(totals, { name })).toEqual([{ name, from: 5, total: 8 }])
    })

    it('scans every row of many partitions once, in pages, with only the columns asked for', async () => {
      const run = randomUUID()
      const rows = Array.from({ length: 6000 }, (_, index) =>
        writeAt(1, { site: `${run} ${index % 700}`, day: 0, at: index, id: `${run}:${index}`, owner: 'all' }),
      )
      await mart.upsert(readings, rows)
      await mart.upsert(readings, rows.slice(0, 3000))
      const sizes: number[] = []
      const found: unknown[] = []
      for await (const page of mart.scan(readings, ['id', 'owner'])) {
        sizes.push(page.length)
        found.push(...page.filter(row => String(row.id).startsWith(run)))
      }
      const wanted = rows.map(row => ({ id: row.values.id, owner: 'all' }))
      const byId = (a: unknown, b: unknown) => JSON.stringify(a).localeCompare(JSON.stringify(b))
      expect(found.sort(byId)).toEqual(wanted.sort(byId))
      expect(Math.max(...sizes)).toBeLessThanOrEqual(2000)
    })

    it.each([
      ['an unknown column', { nope: 1 }, 'nope is not in the table'],
      ['a text for a number', { count: '3' }, 'count is the text "3", expected a whole number'],
      ['an int that is too large', { count: 2 ** 31 }, 'count is 2147483648'],
      ['an unsafe bigint', { total: 2 ** 53 }, 'total is 9007199254740992'],
      ['not a number', { level: Number.NaN }, 'level is NaN, expected a finite number'],
      ['an impossible time', { seen_at: Number.NaN }, 'seen_at is NaN, expected a time'],
      ['a missing part of the key', { id: null }, 'id is null, expected a value of the key'],
      [
        'a regular column without clustering columns',
        { at: null, id: null, note: 'x' },
        'expected nothing, in a row without at',
      ],
      ['a key that is too large', { id: '가'.repeat(22_000) }, 'id is a text of 66000 bytes, expected at most 65535'],
    ])('refuses %s as bad data and writes nothing of the call', async (_, values, message) => {
      const partition = newPartition()
      const good = writeAt(1, { ...partition, at: 1, id: 'x' })
      const bad = writeAt(1, { ...good.values, ...values } as MartRow['values'])
      const refusal = mart.upsert(readings, [good, bad])
      await expect(refusal).rejects.toMatchObject({ code: 'invalid_row', kind: 'input', retryable: false })
      await expect(refusal).rejects.toThrow(message)
      expect(await mart.select(readings, partition)).toEqual([])
    })

    it('refuses a wrong partition, a wrong column to scan and a table that was never created', async () => {
      await expect(mart.select(readings, { site: 'a' })).rejects.toThrow('day is missing, expected a whole number')
      await expect(mart.select(readings, { site: 'a', day: 1, at: 3 })).rejects.toThrow(
        'only the partition key: site, day',
      )
      await expect(scanAll(mart, readings, ['nope'])).rejects.toThrow('nope is not in the table')
      await expect(mart.upsert(totals, [writeAt(1, { name: '' })])).rejects.toThrow('name is an empty text')
      const absent = { ...readings, name: 'absent' }
      const refused = { code: 'unknown_table', retryable: false }
      await expect(mart.upsert(absent, [writeAt(1, { ...newPartition(), at: 1, id: 'x' })])).rejects.toMatchObject(
        refused,
      )
      await expect(mart.select(absent, newPartition())).rejects.toMatchObject(refused)
      await expect(scanAll(mart, absent, ['id'])).rejects.toMatchObject(refused)
    })

    it('adds missing columns to a stored table, keeps its rows, and changes nothing the next time', async () => {
      const { owner, note, ...rest } = readings.columns
      const narrow: MartTable = { ...readings, name: 'widened', columns: rest }
      const wide: MartTable = { ...readings, name: 'widened' }
      const partition = newPartition()
      const key = { ...partition, at: 1, id: 'x' }
      expect(await mart.lacks([narrow, readings])).toEqual(['table widened'])
      expect(await mart.lacks([narrow])).toEqual(['table widened'])
      expect(await mart.ensureTables([narrow, readings])).toEqual(['table widened'])
      await mart.upsert(narrow, [writeAt(1, { ...key, count: 3 })])
      const columns = ['column widened.note', 'column widened.owner']
      expect(await mart.lacks([wide])).toEqual(columns)
      expect(await mart.ensureTables([wide])).toEqual(columns)
      await mart.upsert(wide, [writeAt(0, { ...key, note: 'added', owner: 'lee' })])
      expect(await mart.lacks([wide, narrow])).toEqual([])
      expect(await mart.ensureTables([wide])).toEqual([])
      expect(await mart.ensureTables([narrow])).toEqual([])
      expect(await mart.select(wide, partition)).toMatchObject([{ count: 3, note: 'added', owner: 'lee' }])
    })

    it.each<[string, Partial<MartTable>]>([
      ['another partition key', { partitionKey: ['site'] }],
      [
        'another order',
        {
          clusteringKey: [
            { column: 'at', order: 'asc' },
            { column: 'id', order: 'asc' },
          ],
        },
      ],
      ['another type of a key', { columns: { ...readings.columns, day: { type: 'bigint', description: '' } } }],
      ['another type of a column', { columns: { ...readings.columns, note: { type: 'int', description: '' } } }],
      [
        'a static column that was not',
        { columns: { ...readings.columns, note: { type: 'text', description: '', static: true } } },
      ],
    ])('refuses a stored table with %s', async (_, change) => {
      await expect(mart.lacks([{ ...readings, ...change }])).rejects.toMatchObject({ code: 'table_differs' })
      const refusal = mart.ensureTables([{ ...readings, ...change }])
      await expect(refusal).rejects.toMatchObject({ code: 'table_differs', retryable: false })
      await expect(refusal).rejects.toThrow(
        /^Table readings in .* has .*, but the contract says .*rename it or drop it/,
      )
    })

    it('holds everything after it was closed and opened again', async () => {
      const partition = newPartition()
      await mart.upsert(readings, [writeAt(3, { ...partition, at: 1, id: 'x', note: 'kept', owner: 'kim' })])
      const again = await open()
      await again.ensureTables([readings, totals])
      await again.upsert(readings, [writeAt(2, { ...partition, at: 1, id: 'x', note: 'older', count: 1 })])
      expect(await again.select(readings, partition)).toMatchObject([{ note: 'kept', count: 1, owner: 'kim' }])
      await again.ping()
      await again.close()
      await again.close()
      await expect(again.select(readings, partition)).rejects.toMatchObject({ code: 'mart_closed' })
      await expect(again.ping()).rejects.toMatchObject({ code: 'mart_closed' })
      await expect(scanAll(again, readings, ['id'])).rejects.toMatchObject({ code: 'mart_closed' })
    })
  })
  describeRetention(name, open)
}
