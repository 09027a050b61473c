import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { lostark } from './contract.ts'
import { curation } from './curate.ts'
import { RAID_START_MS, raidEvent } from './raid-events.ts'

const { raw, curated } = lostark.topics
const event = {
  ...raidEvent({ id: 1, atSec: 61, boss: 'Biackiss', className: 'Demonic', limitSec: 600 }),
  x: -121,
  y: 295,
}

describe('curated raid events', () => {
  it('have the event time, the raid day, canonical names and x+y; unknown fields and the names as sent stay', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipe(raw, { ...event, mood: { calm: [1.5] } })
    expect(await driver.read(curated)).toEqual([
      {
        ...event,
        mood: { calm: [1.5] },
        datetime: new Date(RAID_START_MS + 61_000).toISOString(),
        raidDay: '2026-01-01',
        bossName: 'Vykas',
        className: 'Shadowhunter',
        account: 'ann',
        'x+y': 174,
      },
    ])
  })

  it('of a raid over midnight have the day of its start', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipe(raw, raidEvent({ id: 1, startMs: RAID_START_MS - 60_000, atSec: 120 }))
    expect(await driver.read(curated)).toMatchObject([{ raidDay: '2025-12-31', datetime: '2026-01-01T00:01:00.000Z' }])
  })

  it('come once for an event that was sent twice', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipe(raw, event, event, raidEvent({ id: 2 }))
    expect(await driver.read(curated)).toHaveLength(2)
  })

  it('are not made of what cannot be read', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipeBytes(raw.name, 's1', JSON.stringify({ ...event, gametime: 'soon' }))
    expect(await driver.read(curated)).toEqual([])
    expect(await driver.failed()).toMatchObject([
      { code: 'wrong_field', message: expect.stringContaining('`startTime` and `gametime`') },
    ])
  })
})
