import { isReplaced, type MartRow } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import type { Mart } from '@millrace/mart'
import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createMartWriterTopology } from '../src/index.ts'
import { openTestMart, rowsOf } from './embedded-world.ts'
import { alert, curated, score, truth } from './lol-events.ts'

/** Two events of each topic of facts that a mapping reads, at different event times. */
const samples: Readonly<Record<string, readonly { readonly datetime: string }[]>> = {
  'lol.curated': [curated(1), curated(3605)],
  'lol.truth': [truth(3), truth(4, { datetime: '2026-01-01T07:08:09.123Z' })],
  'lol.scores': [score(1), score(3605)],
  'lol.alerts': [alert(1), alert(3605)],
}

const upsertsOf = (mart: Mart) => {
  const written: { readonly table: string; readonly row: MartRow }[] = []
  const observed: Mart = {
    ...mart,
    upsert: async (table, rows) => {
      written.push(...rows.map(row => ({ table: table.name, row })))
      return mart.upsert(table, rows)
    },
  }
  return { observed, written }
}

describe('write times', () => {
  const facts = lol.mappings.filter(({ topic }) => !isReplaced(topic))
  it.each(facts.map(({ topic, table }) => [topic.name, table.name, topic] as const))(
    'of %s in %s are the event times in microseconds',
    async (name, table, topic) => {
      const events = samples[name]
      if (!events) throw new Error(`Add two events of ${name} to the samples of this test.`)
      await using mart = await openTestMart()
      const { observed, written } = upsertsOf(mart)
      await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart: observed }))
      for (const event of events) await driver.pipe(topic, event as Record<string, unknown>)
      expect(written.filter(upsert => upsert.table === table).map(({ row }) => row.writeTimeMicros)).toEqual(
        events.map(({ datetime }) => Date.parse(datetime) * 1_000),
      )
    },
  )

  it.each([
    ['older', 'newer'],
    ['newer', 'older'],
  ] as const)('let the newest fact of a row win when the %s comes first', async (...order) => {
    const match = { account: 'player 3', roomID: 'room 1', roomDay: '2025-12-31', champion: 'Vex' }
    const other = { ...match, account: 'player 4' }
    // One row changes from yes to no, the other from no to yes: no rule for equal times decides both.
    const facts = {
      older: [
        truth(3, { ...match, datetime: '2025-12-31T23:00:00.000Z', cheater: true, cheat: 'teleport' }),
        truth(4, { ...other, datetime: '2025-12-31T23:00:00.000Z', cheater: false, cheat: null }),
      ],
      newer: [
        truth(3, { ...match, datetime: '2025-12-31T23:00:00.001Z', cheater: false, cheat: null }),
        truth(4, { ...other, datetime: '2025-12-31T23:00:00.001Z', cheater: true, cheat: 'teleport' }),
      ],
    }
    await using mart = await openTestMart()
    await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart }))
    await driver.pipe(lol.topics.curated, curated(3, match), curated(4, other))
    for (const which of order) await driver.pipe(lol.topics.truth, ...facts[which])
    expect((await rowsOf(mart, 'lol_training')).map(({ account, label }) => [account, label])).toEqual([
      ['player 3', false],
      ['player 4', true],
    ])
  })
})
