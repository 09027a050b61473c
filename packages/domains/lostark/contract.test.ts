import { type EventOf, eventTimeOf, readWire, type Topic } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import { lostark, lostarkRaw, MAX_LIMIT_SEC } from './contract.ts'
import { RAID_START_MS, raidEvent } from './raid-events.ts'

const { raw, curated, outcomes, members, success } = lostark.topics
const startTime = '2024-03-28T00:20:03.006Z'
const startMs = Date.parse(startTime)
const of = { sessionID: 's1', startTime, raidDay: '2024-03-28' }

const read = (event: object) => lostarkRaw.safeParse(readWire({ ...event }, raw.wire))

/** The row of an event in a table. */
function rowOf<T extends Topic>(topic: T, table: string, event: EventOf<T>) {
  const mapping = lostark.mappings.find(each => each.topic === (topic as Topic) && each.table.name === table)
  return mapping?.toRow(event as never)
}

describe('a raw event', () => {
  const sample = { ...raw.route!.samples[0], eventId: raidEvent({ id: 1 }).eventId }

  it('is read with numbers as strings and a start without a zone', () => {
    expect(read(sample).data).toMatchObject({
      startTime,
      success: 0,
      status: 0,
      x: -121,
      y: 295,
      Boss: { difficulty: 10, name: 'Kamen', endTime: 1200 },
      User: { class: 'Demonic', account: 'testAccount_53' },
    })
  })

  it('has the time of the start and the game time, and the session as key', () => {
    const event = raidEvent({ id: 1, atSec: 125 })
    expect(eventTimeOf(raw, event)).toBe(RAID_START_MS + 125_000)
    expect(raw.keyOf(event)).toBe('s1')
  })

  it.each([
    ['sessionID', 'a@b', ['sessionID']],
    ['startTime', '9999-01-01T00:00:00.000Z', ['startTime']],
    ['gametime', '1:2:3', ['gametime']],
    ['success', 2, ['success']],
    ['Boss', { ...raidEvent({ id: 1 }).Boss, endTime: MAX_LIMIT_SEC + 1 }, ['Boss', 'endTime']],
    ['Boss', { ...raidEvent({ id: 1 }).Boss, endTime: 0 }, ['Boss', 'endTime']],
    ['User', { ip: '192.168.0.1', class: 'Bard' }, ['User', 'account']],
    ['method', '/fly', ['method']],
  ])('is refused with %s = %j, naming the field', (field, value, path) => {
    expect(read({ ...sample, [field]: value }).error?.issues.map(issue => issue.path)).toEqual([path])
  })
})

describe('rows of the mart', () => {
  it('of an event are in the partition of its player in the raid, written at its event time', () => {
    const event = {
      ...raidEvent({ id: 1, startMs, atSec: 61, boss: 'Biackiss', className: 'Demonic' }),
      ...{ datetime: '2024-03-28T00:21:04.006Z', raidDay: of.raidDay, bossName: 'Vykas', className: 'Shadowhunter' },
      ...{ account: 'ann', 'x+y': 3 },
    }
    const shared = {
      ...{ start_time: startMs, session_id: 's1', account: 'ann', datetime: startMs + 61_000, event_id: event.eventId },
      ...{
        boss: 'Vykas',
        difficulty: 1445,
        class: 'Shadowhunter',
        method: '/move',
        x: 1,
        y: 2,
        x_plus_y: 3,
        inputkey: 'q',
      },
    }
    const writeTimeMicros = (startMs + 61_000) * 1000
    expect(rowOf(curated, 'lostark_analysis', event)).toEqual({
      writeTimeMicros,
      values: {
        ...shared,
        ...{ raid_day: '2024-03-28', limit_sec: 600, gametime: '1:1', ip: '192.168.0.1', status: 0, success: 0 },
      },
    })
    // Neither status nor success: they would tell the label.
    expect(rowOf(curated, 'lostark_training', event)).toEqual({
      writeTimeMicros,
      values: { ...shared, elapsed_sec: 61, remaining_sec: 539 },
    })
  })

  it('of a member are the labels of the partition; the revision is their write time', () => {
    const member = { eventId: 'x', ...of, account: 'ann', class: 'Bard', boss: 'Vykas', difficulty: 1460, diedAtSec: 7 }
    const labels = { state: 'succeeded', success: true, survived: false, revision: 17 } as const
    expect(rowOf(members, 'lostark_training', { ...member, ...labels })).toEqual({
      writeTimeMicros: 17,
      values: {
        ...{ start_time: startMs, session_id: 's1', account: 'ann' },
        ...{ raid_state: 'succeeded', success: true, survived: false },
      },
    })
  })

  it('of a raid have a value in every column, so that any correction overwrites', () => {
    const raid = { eventId: 'x', ...of, boss: 'Vykas', difficulty: 1460, limitSec: 600, members: 8, survivors: 3 }
    const running = { state: 'running', success: null, durationSec: null, timeUpBy: null, revision: 18 } as const
    const shared = {
      ...{ day: '2024-03-28', start_time: startMs, session_id: 's1', boss: 'Vykas', difficulty: 1460, limit_sec: 600 },
      ...{ members: 8, survivors: 3 },
    }
    expect(rowOf(outcomes, 'lostark_raids', { ...raid, ...running })).toEqual({
      writeTimeMicros: 18,
      values: { ...shared, state: 'running', success: false, duration_sec: 0, time_up_by: 'none', revision: 18 },
    })
    const ended = { state: 'succeeded', success: true, durationSec: 600, timeUpBy: 'record', revision: 19 } as const
    expect(rowOf(outcomes, 'lostark_raids', { ...raid, ...ended })).toEqual({
      writeTimeMicros: 19,
      values: { ...shared, state: 'succeeded', success: true, duration_sec: 600, time_up_by: 'record', revision: 19 },
    })
  })

  it('of success rates have the day; the rate of no player is 0', () => {
    const counts = { members: 9, players: 8, successes: 4, survivors: 3, revision: 20 }
    const row = { day: '2024-03-28T00:00:00.000Z', boss: 'Vykas', class: '', ...counts }
    expect(rowOf(success, 'lostark_success_daily', { ...row, successRate: 0.5 })).toEqual({
      writeTimeMicros: 20,
      values: { day: '2024-03-28', boss: 'Vykas', class: '', ...counts, success_rate: 0.5 },
    })
    expect(rowOf(success, 'lostark_success_daily', { ...row, successRate: null })?.values.success_rate).toBe(0)
  })
})
