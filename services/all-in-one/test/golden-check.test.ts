import type { ErasureReceipt, MartValue } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { identifierHash } from '@millrace/lake'
import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { compareGolden } from '../src/golden-check.ts'

const NOW_MS = Date.UTC(2024, 2, 24, 12)
const HOUR_MS = 3_600_000
const rowOf = (hours: number): Readonly<Record<string, MartValue>> => ({
  day: '2024-03-24',
  datetime: NOW_MS - hours * HOUR_MS,
  event_id: 'x',
  account: 'as expected',
})

it('counts expected rows apart that are gone because their retention has ended', async () => {
  const compare = (retentionMs: number | null) =>
    compareGolden(
      { lol_alerts_by_day: [0, 1, 2, 3].map(rowOf) },
      {
        mart: {
          retentionMs: () => retentionMs,
          async *scan() {
            yield [rowOf(0)]
          },
        },
        clock: new ManualClock(NOW_MS),
        catalog,
      },
    )
  expect((await compare(2 * HOUR_MS)).tables).toEqual({
    lol_alerts_by_day: { expected: 4, matching: 1, expired: 2, different: 1, erased: 0 },
  })
  const kept = await compare(null)
  expect(kept.tables).toEqual({ lol_alerts_by_day: { expected: 4, matching: 1, expired: 0, different: 3, erased: 0 } })
  expect(kept.examples).toContain(`lol_alerts_by_day: ["2024-03-24",${NOW_MS - 3 * HOUR_MS},"x"] is missing`)
})

it('does not compare rows of people who were erased, whether they are there, gone or expired', async () => {
  const of = (account: string, hours: number) => ({ ...rowOf(hours), account })
  const ann = { kind: 'account', value: 'ann' }
  const erasure = { salt: 'salt', identifiers: [{ kind: ann.kind, hash: identifierHash('salt', ann) }] }
  const compare = (erasures: readonly Pick<ErasureReceipt, 'salt' | 'identifiers'>[]) =>
    compareGolden(
      { lol_alerts_by_day: [of('bob', 0), of('ann', 1), of('bob', 3), of('ann', 4)] },
      {
        mart: {
          retentionMs: () => 2 * HOUR_MS,
          async *scan() {
            yield [of('bob', 0), of('ann', 0.5)]
          },
        },
        ...{ clock: new ManualClock(NOW_MS), catalog, erasures },
      },
    )
  const common = { expected: 4, matching: 1 }
  expect((await compare([erasure])).tables).toEqual({
    lol_alerts_by_day: { ...common, erased: 2, expired: 1, different: 0 },
  })
  expect((await compare([])).tables).toEqual({ lol_alerts_by_day: { ...common, erased: 0, expired: 2, different: 2 } })
})

it('does not expect a row that has no events any more, and nothing else', async () => {
  const of = (trackId: number, title: string, plays: number) => ({
    ...{ day: '2024-03-24', gender: '0', track_id: trackId, title, artist: '', plays },
  })
  const { tables, examples } = await compareGolden(
    { music_tracks_daily: [of(1, 'Unused summer', 1), of(3, 'Snarling import', 2)] },
    {
      mart: {
        retentionMs: () => null,
        async *scan() {
          yield [of(1, '', 0), of(1, 'Unused summer', 1), of(2, '', 1), of(3, 'Snarling import', 0)]
        },
      },
      ...{ clock: new ManualClock(NOW_MS), catalog },
    },
  )
  expect(tables).toEqual({ music_tracks_daily: { expected: 2, matching: 1, expired: 0, erased: 0, different: 2 } })
  expect(examples).toEqual([
    'music_tracks_daily: ["2024-03-24","0",2,"",""] is not expected',
    'music_tracks_daily: ["2024-03-24","0",3,"Snarling import",""] has plays 0, expected 2',
  ])
})
