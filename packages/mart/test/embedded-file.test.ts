import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { MartRow } from '@millrace/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEmbeddedMart, type Mart } from '../src/index.ts'
import { readings, totals } from './sample-tables.ts'

const CHILD = fileURLToPath(new URL('./upsert-until-killed.ts', import.meta.url))

const rowsFrom = (first: number, count: number): MartRow[] =>
  Array.from({ length: count }, (_, index) => ({
    writeTimeMicros: 1,
    values: { site: 'a', day: 1, at: first + index, id: `row ${first + index}`, note: 'y'.repeat(500) },
  }))

async function count(mart: Mart): Promise<number> {
  let rows = 0
  for await (const page of mart.scan(readings, ['id'])) rows += page.length
  return rows
}

describe('the file of an embedded mart', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'millrace-mart-file-'))
    file = path.join(folder, 'mart.db')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('holds every acknowledged batch, and no half of one, after kill -9 in the middle of the writing', async () => {
    let acknowledged = 0
    for (let round = 1; round <= 3; round++) {
      const child = spawn(process.execPath, [CHILD, file], { stdio: ['ignore', 'pipe', 'inherit'] })
      let printed = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text
        // Not at a line's end: it is then somewhere in the next batches.
        if (printed.split('\n').length > 20 * round) child.kill('SIGKILL')
      })
      const [, signal] = await once(child, 'close')
      expect(signal).toBe('SIGKILL')
      acknowledged = Math.max(acknowledged, printed.split('\n').length - 1)
      const mart = createEmbeddedMart({ file })
      const perBatch = new Map<unknown, number>()
      for await (const page of mart.scan(readings, ['day', 'owner']))
        for (const { day, owner } of page) {
          expect(owner).toBe('o')
          perBatch.set(day, (perBatch.get(day) ?? 0) + 1)
        }
      await mart.close()
      expect([...perBatch.values()].every(rows => rows === 50)).toBe(true)
      expect(perBatch.size).toBeGreaterThanOrEqual(acknowledged)
    }
    expect(acknowledged).toBeGreaterThanOrEqual(60)
  })

  it('shows other programs plain tables with the columns of the contract, times in ISO-8601, while it is open', async () => {
    const mart = createEmbeddedMart({ file })
    await mart.ensureTables([readings, totals])
    await mart.upsert(readings, [
      { writeTimeMicros: 1, values: { site: '서울', day: 1, owner: 'kim' } },
      { writeTimeMicros: 1, values: { site: '서울', day: 1, at: 1_711_279_529_845, id: 'x', level: 1.5, ok: true } },
    ])
    const other = new DatabaseSync(file, { readOnly: true })
    const views = other.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").all()
    expect(views.map(view => view.name)).toEqual(['readings', 'totals'])
    const [row] = other.prepare('SELECT * FROM readings').all()
    expect({ ...row }).toEqual({
      site: '서울',
      day: 1,
      at: '2024-03-24T11:25:29.845Z',
      id: 'x',
      note: null,
      level: 1.5,
      count: null,
      total: null,
      seen_at: null,
      ok: 1,
      owner: 'kim',
      height: null,
    })
    other.close()
    await mart.close()
  })

  it('answers a full disk with a retryable error, undoes the batch, and goes on once there is room', async () => {
    const full = createEmbeddedMart({ file, maxBytes: 200_000 })
    await full.ensureTables([readings])
    let written = 0
    const fill = async (): Promise<void> => {
      for (;;) {
        await full.upsert(readings, rowsFrom(written, 50))
        written += 50
      }
    }
    await expect(fill()).rejects.toMatchObject({ code: 'mart_disk_full', retryable: true })
    expect(written).toBeGreaterThan(0)
    await expect(full.upsert(readings, rowsFrom(written, 50))).rejects.toMatchObject({ code: 'mart_disk_full' })
    expect(await count(full)).toBe(written)
    await full.close()
    const roomy = createEmbeddedMart({ file })
    await roomy.upsert(readings, rowsFrom(written, 50))
    expect(await count(roomy)).toBe(written + 50)
    await roomy.close()
  })

  it('answers a file that another program holds with a retryable error, reads on, and writes when it is free', async () => {
    const mart = createEmbeddedMart({ file, lockTimeoutMs: 20 })
    await mart.ensureTables([readings])
    await mart.upsert(readings, rowsFrom(0, 1))
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    await expect(mart.upsert(readings, rowsFrom(1, 1))).rejects.toMatchObject({ code: 'mart_locked', retryable: true })
    await expect(mart.ensureTables([totals])).rejects.toMatchObject({ code: 'mart_locked', retryable: true })
    expect(await count(mart)).toBe(1)
    other.exec('COMMIT')
    other.close()
    await mart.upsert(readings, rowsFrom(1, 1))
    expect(await count(mart)).toBe(2)
    await mart.close()
  })

  it('lets two writers share the file', async () => {
    const [one, two] = [createEmbeddedMart({ file }), createEmbeddedMart({ file })]
    await one.ensureTables([readings])
    await two.ensureTables([readings])
    for (let batch = 0; batch < 20; batch++)
      await Promise.all([one.upsert(readings, rowsFrom(batch, 2)), two.upsert(readings, rowsFrom(batch + 1, 2))])
    expect([await count(one), await count(two)]).toEqual([22, 22])
    await one.close()
    await two.close()
  })

  it('can be read beside the mart that writes it, and without one, and is not written to then', async () => {
    expect(() => createEmbeddedMart({ file, readOnly: true })).toThrow(
      expect.objectContaining({ code: 'mart_unusable' }),
    )
    const mart = createEmbeddedMart({ file })
    await mart.ensureTables([readings])
    const reader = createEmbeddedMart({ file, readOnly: true })
    for (let batch = 0; batch < 5; batch++) {
      await mart.upsert(readings, rowsFrom(2 * batch, 2))
      expect(await count(reader)).toBe(2 * batch + 2)
      expect(await reader.select(readings, { site: 'a', day: 1 })).toHaveLength(2 * batch + 2)
    }
    const held = new DatabaseSync(file)
    held.exec('BEGIN IMMEDIATE')
    expect(await count(reader)).toBe(10)
    held.exec('ROLLBACK')
    held.close()
    await expect(reader.upsert(readings, rowsFrom(50, 1))).rejects.toMatchObject({ code: 'mart_unusable' })
    await expect(reader.ensureTables([totals])).rejects.toMatchObject({ code: 'mart_unusable' })
    await mart.close()
    expect(await count(reader)).toBe(10)
    await reader.close()
    const alone = createEmbeddedMart({ file, readOnly: true })
    expect(await count(alone)).toBe(10)
    await alone.close()
  })

  it('shows a scan the state at its beginning, whatever is written meanwhile, and ends one that is left early', async () => {
    const mart = createEmbeddedMart({ file })
    await mart.ensureTables([readings])
    await mart.upsert(readings, rowsFrom(0, 2500))
    let seen = 0
    for await (const page of mart.scan(readings, ['id', 'note'])) {
      seen += page.length
      await mart.upsert(readings, rowsFrom(10_000 + seen, 100))
    }
    expect(seen).toBe(2500)
    for await (const _ of mart.scan(readings, ['id'])) break
    await mart.close()
    // A connection that was left open would keep the log beside the file.
    const alone = new DatabaseSync(file)
    expect(alone.prepare('PRAGMA journal_mode = DELETE').get()).toMatchObject({ journal_mode: 'delete' })
    alone.close()
  })

  it('says in one line what is wrong with a file that is no mart, a damaged one, and a folder that cannot be made', async () => {
    writeFileSync(file, 'this is a letter to my aunt, and it is long enough to have a header'.repeat(100))
    expect(() => createEmbeddedMart({ file })).toThrow(
      expect.objectContaining({
        code: 'mart_unusable',
        message: `The file ${file} cannot be used as a mart: file is not a database`,
      }),
    )
    expect(() => createEmbeddedMart({ file: path.join(file, 'below/mart.db') })).toThrow(
      expect.objectContaining({ code: 'mart_unusable', retryable: false }),
    )
  })
})
