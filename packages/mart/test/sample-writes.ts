import { randomUUID } from 'node:crypto'
import type { MartRow, MartTable, MartValue } from '@millrace/contracts'
import fc from 'fast-check'
import type { Mart, StoredRow } from '../src/index.ts'

export const writeAt = (writeTimeMicros: number, values: MartRow['values']): MartRow => ({ writeTimeMicros, values })

export async function scanAll(mart: Mart, table: MartTable, columns: readonly string[]): Promise<StoredRow[]> {
  const rows: StoredRow[] = []
  for await (const page of mart.scan(table, columns)) rows.push(...page)
  return rows
}

/** A site of its own for each test, so that tests share tables and yet never rows. */
export const newPartition = () => ({ site: `site ${randomUUID()}`, day: 1 })

const anyValue = {
  note: fc.constantFrom('', 'a', 'b', '가나다', '\u0000', 'z'.repeat(300)),
  level: fc.constantFrom(-0, 0, 1.5, -1.5, 1e308, -1e308, 5e-324),
  count: fc.constantFrom(0, -1, 1, 2_147_483_647, -2_147_483_648),
  total: fc.constantFrom(0, -1, 5_000_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  seen_at: fc.constantFrom(0, -1, 1_711_279_529_845),
  ok: fc.boolean(),
  owner: fc.constantFrom('', 'kim', '이영희'),
  height: fc.constantFrom(-0, 0, 3.25, -3.25),
}

/** Writes of one partition: few rows and few times, so that most meet each other, at equal times too. */
export const anyWrites = fc.array(
  fc
    .record({
      time: fc.integer({ min: 1, max: 4 }),
      key: fc.constantFrom(null, { at: 10, id: 'x' }, { at: 10, id: 'y' }, { at: 20, id: 'x' }),
      values: fc.record(anyValue, { requiredKeys: [] }),
      nulls: fc.subarray(['note', 'level', 'ok', 'owner']),
    })
    .map(({ time, key, values, nulls }) => {
      const all: Record<string, MartValue> = { ...values, ...Object.fromEntries(nulls.map(name => [name, null])) }
      const statics = { owner: all.owner ?? null, height: all.height ?? null }
      return { time, values: key ? { ...all, ...key } : statics }
    }),
  { minLength: 1, maxLength: 12 },
)
