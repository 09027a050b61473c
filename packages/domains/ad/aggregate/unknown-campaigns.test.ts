import { createTopologyDriver, disturb, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constant, constantFrom, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ad } from '../contract.ts'
import { rawEvent } from './ad-world.ts'
import { createUnknownCampaignsTopology } from './unknown-campaigns.ts'

const { raw, campaigns, unknownCampaigns } = ad.topics
const NOON_MS = Date.UTC(2026, 0, 1, 12)
const DAY_MS = 86_400_000

const driverOf = () => createTopologyDriver(log => createUnknownCampaignsTopology({ log }), { topics: [campaigns] })
const campaign = (id: string) => ({
  ...{ eventId: '00000000-0000-4000-8000-000000000000', ad_id: id, name: '바람골 캠핑장', genre: 'travel' },
  ...{ start_time: '2026-01-01', end_time: '2026-02-01', description: '별이 쏟아지는 밤' },
})
const reports = async (driver: TopologyDriver): Promise<string[]> =>
  (await driver.read(unknownCampaigns)).map(({ ad_id, day }) => `${ad_id} ${day}`)

describe('campaigns without a reference record', () => {
  it('are reported once a day, by the day of the event', async () => {
    await using driver = await driverOf()
    await driver.pipe(campaigns, campaign('known'))
    const shown = (timeMs: number, adId: string) => rawEvent(timeMs, { adId })
    await driver.pipe(raw, shown(NOON_MS, 'new'), shown(NOON_MS + 1, 'new'), shown(NOON_MS, 'known'))
    await driver.pipe(raw, shown(NOON_MS + DAY_MS, 'new'), shown(NOON_MS, 'newer'), shown(NOON_MS + 2, 'new'))
    expect(await reports(driver)).toEqual(['new 2026-01-01', 'new 2026-01-02', 'newer 2026-01-01'])
  })

  it('are no longer reported once their record is stored, and are looked for when an event names them', async () => {
    await using driver = await driverOf()
    await driver.pipe(raw, rawEvent(NOON_MS, { adId: 'new' }))
    await driver.pipe(campaigns, campaign('new'), campaign('other'))
    await driver.advance(1_500)
    await driver.pipe(raw, rawEvent(NOON_MS + DAY_MS, { adId: 'new' }), rawEvent(NOON_MS, { adId: 'other' }))
    expect(await reports(driver)).toEqual(['new 2026-01-01'])
  })

  it('are reported again after a restart under the same id, with a greater revision', async () => {
    await using driver = await driverOf()
    const { Ad, ...event } = rawEvent(NOON_MS, { adId: 'new' })
    await driver.pipe(raw, { ...event, Ad: { ...Ad, ad_name: '새 광고' } })
    await driver.advance(1_500)
    await driver.crash()
    await driver.restart()
    await driver.pipe(raw, rawEvent(NOON_MS, { adId: 'new' }))
    const [first, second, ...more] = await driver.read(unknownCampaigns)
    expect(more).toEqual([])
    expect(first).toMatchObject({ ad_name: '새 광고' })
    expect(second).toMatchObject({ eventId: first!.eventId, ad_name: null })
    expect(second!.revision).toBeGreaterThan(first!.revision)
  })

  it('leave records that are no events to the topology that counts them', async () => {
    await using driver = await driverOf()
    await driver.pipeBytes(raw.name, 'ann', 'junk')
    await driver.pipe(raw, rawEvent(NOON_MS, { adId: 'new' }))
    expect(await reports(driver)).toEqual(['new 2026-01-01'])
    expect(await driver.failed()).toEqual([])
  })

  it('are those of a plain recomputation, with crashes and rebalances', async () => {
    const ids = constantFrom('camp', 'soap', 'game')
    const deed = oneof(
      { weight: 5, arbitrary: record({ kind: constant('show' as const), adId: ids, day: nat({ max: 2 }) }) },
      { weight: 1, arbitrary: record({ kind: constant('store' as const), adId: ids }) },
      { weight: 2, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
    )
    await assert(
      asyncProperty(array(deed, { minLength: 2, maxLength: 20 }), async deeds => {
        await using driver = await driverOf()
        const stored = new Set<string>()
        const expected = new Set<string>()
        for (const what of deeds) {
          if (what.kind === 'show') {
            const timeMs = NOON_MS + what.day * DAY_MS
            await driver.pipe(raw, rawEvent(timeMs, { adId: what.adId }))
            if (!stored.has(what.adId)) expected.add(`${what.adId} ${new Date(timeMs).toISOString().slice(0, 10)}`)
          } else if (what.kind === 'store') {
            await driver.pipe(campaigns, campaign(what.adId))
            // What was not found is looked for again after a tick.
            await driver.advance(1_500)
            stored.add(what.adId)
          } else await disturb(driver, what.kind)
        }
        await driver.advance(1_500)
        expect(new Set(await reports(driver))).toEqual(expected)
      }),
      { numRuns: 100, endOnFailure: true },
    )
  })
})
