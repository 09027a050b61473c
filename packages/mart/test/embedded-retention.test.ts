import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { MartRow } from '@millrace/contracts'
import { ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEmbeddedMart, type Mart } from '../src/index.ts'
import { shifts, visits } from './sample-tables.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2024, 2, 24, 10)
const retention = new Map([
  ['visits', HOUR_MS],
  ['shifts', HOUR_MS],
])
const visit = (at: number): MartRow => ({ writeTimeMicros: 1, values: { site: 'a', at, id: 'x' } })

describe('retention of an embedded mart', () => {
  let folder: string
  let file: string
  let clock: ManualClock
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'millrace-mart-retention-'))
    file = path.join(folder, 'mart.db')
    clock = new ManualClock(START_MS)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** What another program finds in the file. */
  function inFile(sql: string): unknown {
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      return Object.values(database.prepare(sql).get()!)[0]
    } finally {
      database.close()
    }
  }

  async function reads(mart: Pick<Mart, 'select' | 'has' | 'scan'>): Promise<readonly number[]> {
    const scanned: unknown[] = []
    for await (const page of mart.scan(visits, ['at'])) scanned.push(...page)
    const there = await mart.has(visits, [visit(START_MS)])
    return [(await mart.select(visits, { site: 'a' })).length, there.filter(Boolean).length, scanned.length]
  }

  it('shows a row until its end, to the millisecond, also to a reader that does not know of it', async () => {
    const mart = createEmbeddedMart({ file, retention, clock })
    await mart.ensureTables([visits, shifts])
    await mart.upsert(visits, [visit(START_MS)])
    const reader = createEmbeddedMart({ file, readOnly: true, clock })
    await clock.advance(HOUR_MS - 1)
    expect(await reads(mart)).toEqual([1, 1, 1])
    expect(await reads(reader)).toEqual([1, 1, 1])
    await clock.advance(1)
    expect(await reads(mart)).toEqual([0, 0, 0])
    expect(await reads(reader)).toEqual([0, 0, 0])
    expect(inFile('SELECT count(*) FROM _visits')).toBe(1)
    await reader.close()
    await mart.close()
  })

  it('removes rows that have ended with later writes and at the start, and the static columns of their partitions', async () => {
    const rows = () => [inFile('SELECT count(*) FROM _visits'), inFile('SELECT count(*) FROM _shifts_static')]
    const mart = createEmbeddedMart({ file, retention, clock })
    await mart.ensureTables([visits, shifts])
    await mart.upsert(visits, [visit(START_MS), visit(START_MS + HOUR_MS)])
    await mart.upsert(shifts, [{ writeTimeMicros: 1, values: { site: 'a', day: '2024-03-24', owner: 'kim' } }])
    expect(rows()).toEqual([2, 1])
    await clock.advance(HOUR_MS)
    await mart.upsert(visits, [visit(START_MS + HOUR_MS)])
    expect(rows()).toEqual([1, 1])
    await mart.close()
    await clock.advance(15 * HOUR_MS)
    const again = createEmbeddedMart({ file, clock })
    await again.ensureTables([visits, shifts])
    expect(rows()).toEqual([0, 0])
    await again.close()
  })

  it('hides what has ended in the views for people', async () => {
    const nowMs = Math.floor(Number(inMemory("SELECT unixepoch('subsec') * 1000")))
    const mart = createEmbeddedMart({ file, retention, clock: new ManualClock(nowMs - HOUR_MS) })
    await mart.ensureTables([visits])
    await mart.upsert(visits, [visit(nowMs - HOUR_MS - 1), visit(nowMs + HOUR_MS)])
    expect(inFile('SELECT count(*) FROM _visits')).toBe(2)
    expect(inFile('SELECT count(*) FROM visits')).toBe(1)
    await mart.close()
  })

  it('takes the file of an earlier version, to read and to write', async () => {
    const before = createEmbeddedMart({ file, clock })
    await before.ensureTables([visits])
    await before.upsert(visits, [visit(START_MS)])
    await before.close()
    const database = new DatabaseSync(file)
    database.exec('DROP VIEW visits; DROP INDEX "_visits@end"; ALTER TABLE _visits DROP COLUMN "@end"')
    database.close()
    const reader = createEmbeddedMart({ file, readOnly: true, clock })
    expect(await reads(reader)).toEqual([1, 1, 1])
    await reader.close()
    const mart = createEmbeddedMart({ file, retention, clock })
    expect(await mart.ensureTables([visits])).toEqual([])
    await mart.upsert(visits, [visit(START_MS)])
    await clock.advance(HOUR_MS)
    expect(await reads(mart)).toEqual([0, 0, 0])
    await mart.close()
  })
})

function inMemory(sql: string): unknown {
  const database = new DatabaseSync(':memory:')
  try {
    return Object.values(database.prepare(sql).get()!)[0]
  } finally {
    database.close()
  }
}
