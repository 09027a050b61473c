import path from 'node:path'
import type { MartTable } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createEmbeddedMart } from '@millrace/mart'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { expect, it } from 'vitest'
import { everyTable } from './embedded-world.ts'
import { alert, curated, score } from './lol-events.ts'

const folder = temporaryDirectory('earlier-tables')
/** Columns that came later than their tables. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  lol_analysis: ['path'],
  lol_scores_by_player: ['kind'],
  lol_alerts_by_day: ['kind', 'reason'],
}

const asBefore = (table: MartTable): MartTable => ({
  ...table,
  columns: Object.fromEntries(
    Object.entries(table.columns).filter(([name]) => !(LATER[table.name] ?? []).includes(name)),
  ),
})

it('tables of before some columns get them, and their rows stay', async () => {
  const mart = createEmbeddedMart({ file: path.join(folder, 'mart.db') })
  await mart.ensureTables(lol.tables.map(asBefore))
  const way: [number, number, number][] = [[437, -121, 30.5]]
  const events = [
    [lol.topics.curated, curated(1), { ...curated(2), path: way }],
    [lol.topics.scores, score(1), { ...score(2), kind: 'snap' }],
    [lol.topics.alerts, alert(1), { ...alert(2), kind: 'snap', reason: '14 of 31 ran straight' }],
  ] as const
  const upsert = async (which: 1 | 2): Promise<void> => {
    for (const [topic, ...all] of events)
      for (const { table, toRow } of lol.mappings.filter(mapping => mapping.topic.name === topic.name)) {
        const { values, writeTimeMicros } = toRow(all[which - 1] as never)!
        const target = which === 1 ? asBefore(table) : table
        const known = Object.entries(values).filter(([name]) => Object.hasOwn(target.columns, name))
        await mart.upsert(target, [{ values: Object.fromEntries(known), writeTimeMicros }])
      }
  }
  await upsert(1)
  const columns = Object.entries(LATER).flatMap(([table, names]) => names.map(name => `column ${table}.${name}`))
  expect([...(await mart.ensureTables(lol.tables))].sort()).toEqual(columns.sort())
  await upsert(2)
  expect(await everyTable(mart)).toMatchObject({
    lol_analysis: [{ path: null }, { path: '[[437,-121,30.5]]' }],
    lol_scores_by_player: [{ kind: null }, { kind: 'snap' }],
    lol_alerts_by_day: [
      { kind: null, reason: null },
      { kind: 'snap', reason: '14 of 31 ran straight' },
    ],
  })
  await mart.close()
})
