import { createTopologyDriver, disturb, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LostarkMember, type LostarkSuccess, lostark } from '../contract.ts'
import { RAID_START_MS } from '../raid-events.ts'
import { createSuccessTopology } from './success.ts'

const { members, success, successLate } = lostark.topics
const HOUR_MS = 3_600_000
const DAY = '2026-01-01T00:00:00.000Z'

interface MemberOptions {
  readonly account?: string
  readonly session?: string
  readonly boss?: string
  readonly className?: string
  readonly state?: LostarkMember['state']
  readonly survived?: boolean
  readonly revision?: number
  readonly startMs?: number
}

function member(options: MemberOptions = {}): LostarkMember {
  const { account = 'ann', session = 's1', boss = 'Valtan', className = 'Bard', state = 'running' } = options
  const { survived = true, revision = 1, startMs = RAID_START_MS } = options
  const startTime = new Date(startMs).toISOString()
  const isDecided = state !== 'running'
  return {
    ...{
      eventId: `${session}@${startTime}@${account}`,
      sessionID: session,
      startTime,
      raidDay: startTime.slice(0, 10),
    },
    ...{ account, class: className, boss, difficulty: 1445, state, revision, diedAtSec: null },
    success: isDecided ? state === 'succeeded' : null,
    survived: isDecided ? state === 'succeeded' && survived : null,
  }
}

/** The newest revision of each row, by day, boss and class. */
async function rowsOf(driver: TopologyDriver): Promise<Map<string, LostarkSuccess>> {
  await driver.advance(1)
  await driver.advance(4_000)
  const newest = new Map<string, LostarkSuccess>()
  for (const row of await driver.read(success)) {
    const key = `${row.day.slice(0, 10)} ${row.boss} ${row.class}`
    if (row.revision >= (newest.get(key)?.revision ?? 0)) newest.set(key, row)
  }
  return newest
}

describe('success rates', () => {
  it('are counted by boss, and by boss and class; raids that are running are members only', async () => {
    await using driver = await createTopologyDriver(createSuccessTopology({}))
    await driver.pipe(
      members,
      ...[member({ state: 'succeeded' }), member({ account: 'bob', state: 'succeeded', survived: false })],
      ...[member({ account: 'cem', className: 'Artist', state: 'failed', session: 's2' }), member({ account: 'dee' })],
    )
    const rows = await rowsOf(driver)
    const counts = { members: 4, players: 3, successes: 2, survivors: 1, successRate: 2 / 3 }
    expect(rows.get('2026-01-01 Valtan ')).toMatchObject({ day: DAY, boss: 'Valtan', class: '', ...counts })
    expect(rows.get('2026-01-01 Valtan Bard')).toMatchObject({ members: 3, players: 2, successes: 2, successRate: 1 })
    expect(rows.get('2026-01-01 Valtan Artist')).toMatchObject({ members: 1, players: 1, successes: 0, successRate: 0 })
  })

  it('follow the corrections of a raid', async () => {
    await using driver = await createTopologyDriver(createSuccessTopology({}))
    await driver.pipe(members, member(), member({ state: 'succeeded', revision: 3 }))
    expect((await rowsOf(driver)).get('2026-01-01 Valtan ')).toMatchObject({ members: 1, successRate: 1 })
    await driver.pipe(members, member({ state: 'failed', revision: 5 }), member({ state: 'succeeded', revision: 3 }))
    expect((await rowsOf(driver)).get('2026-01-01 Valtan ')).toMatchObject({ members: 1, players: 1, successRate: 0 })
    await driver.pipe(members, member({ revision: 7, boss: 'Kamen' }))
    const rows = await rowsOf(driver)
    expect(rows.get('2026-01-01 Valtan ')).toMatchObject({ members: 0, players: 0, successRate: null })
    expect(rows.get('2026-01-01 Kamen Bard')).toMatchObject({ members: 1, players: 0, successRate: null })
  })

  it('take corrections of a raid until three hours after its day', async () => {
    await using driver = await createTopologyDriver(createSuccessTopology({}))
    const dayMs = RAID_START_MS - 48 * HOUR_MS
    const last = { startMs: dayMs + 24 * HOUR_MS - 1 }
    const after = (hours: number) => member({ startMs: dayMs + hours * HOUR_MS })
    await driver.pipe(members, member(last), after(26.9), member({ ...last, state: 'succeeded', revision: 3 }))
    expect((await rowsOf(driver)).get('2025-12-30 Valtan ')).toMatchObject({ members: 1, players: 1 })
    await driver.pipe(members, after(27), member({ ...last, account: 'bob' }))
    expect((await rowsOf(driver)).get('2025-12-30 Valtan ')).toMatchObject({ members: 1, players: 1 })
    expect(await driver.read(successLate)).toMatchObject([
      { reason: 'after_grace', window: '2025-12-30T00:00:00.000Z' },
    ])
  })

  it('equal a plain recomputation over the newest revision of each member, whatever crashes and rebalances', async () => {
    const change = record({
      account: constantFrom('ann', 'bob', 'cem', 'dee'),
      session: constantFrom('s1', 's2', 's3', 's4'),
      boss: oneof({ weight: 4, arbitrary: constant('Valtan') }, { weight: 1, arbitrary: constant('Kamen') }),
      className: oneof({ weight: 4, arbitrary: constant('Bard') }, { weight: 1, arbitrary: constant('Artist') }),
      state: constantFrom('running' as const, 'succeeded' as const, 'failed' as const),
      survived: constantFrom(true, false),
      startMs: constantFrom(RAID_START_MS, RAID_START_MS + 24 * HOUR_MS),
      revision: nat({ max: 9 }),
    })
    const step = oneof(
      {
        weight: 6,
        arbitrary: record({ kind: constant('send' as const), changes: array(change, { minLength: 1, maxLength: 9 }) }),
      },
      { weight: 3, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
      { weight: 2, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
    )
    await assert(
      asyncProperty(array(step, { minLength: 3, maxLength: 12 }), async steps => {
        await using driver = await createTopologyDriver(createSuccessTopology({}))
        const newest = new Map<string, LostarkMember>()
        const known = new Map<string, LostarkMember>()
        for (const what of steps)
          if (what.kind === 'send')
            for (const options of what.changes) {
              const fresh = member(options)
              const name = `${fresh.eventId} ${fresh.revision}`
              // One revision has one content.
              const sent = known.get(name) ?? fresh
              known.set(name, sent)
              if (sent.revision > (newest.get(sent.eventId)?.revision ?? -1)) newest.set(sent.eventId, sent)
              await driver.pipe(members, { ...sent, revision: sent.revision + 1 })
            }
          else if (what.kind === 'wait') await driver.advance(what.ms)
          else await disturb(driver, what.kind)
        const expected = new Map<string, { members: number; players: number; successes: number; survivors: number }>()
        for (const { raidDay, boss, class: className, success, survived } of newest.values())
          for (const ofClass of ['', className]) {
            const key = `${raidDay} ${boss} ${ofClass}`
            const row = expected.get(key) ?? { members: 0, players: 0, successes: 0, survivors: 0 }
            expected.set(key, row)
            row.members++
            row.players += success === null ? 0 : 1
            row.successes += success ? 1 : 0
            row.survivors += survived ? 1 : 0
          }
        const rows = await rowsOf(driver)
        for (const [key, row] of rows) if (row.members === 0) expect(expected.has(key)).toBe(false)
        const filled = [...rows].filter(([, row]) => row.members > 0)
        expect(new Set(filled.map(([key]) => key))).toEqual(new Set(expected.keys()))
        for (const [key, row] of filled) expect(row, key).toMatchObject(expected.get(key)!)
        expect(await driver.read(successLate)).toEqual([])
      }),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)
})
