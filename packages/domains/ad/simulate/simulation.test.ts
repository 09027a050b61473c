import { createHash } from 'node:crypto'
import { compareRecords, createWorld, type SimulatedRecord } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { type AdCampaign, type AdRaw, ad, adRaw, kindOf } from '../contract.ts'
import { simulation } from '../simulate.ts'

const { raw, campaigns } = ad.topics
const FAULTS = 'dup=0.05,late=0.05,out-of-order=0.05,malformed=0.05,missing-field=0.05,burst=0.005'

function run(values: Readonly<Record<string, string>> = {}) {
  const { stream, golden } = simulation.simulate(simulation.parse(values), 0)
  const records: SimulatedRecord[] = []
  while (stream.nextMs !== Number.POSITIVE_INFINITY) records.push(stream.next())
  return { records, golden }
}

const of = <T>(records: readonly SimulatedRecord[], topic: { readonly name: string }): T[] =>
  records.filter(record => record.topic === topic.name).map(record => JSON.parse(record.value) as T)
const digest = (records: readonly SimulatedRecord[]): string =>
  createHash('sha256')
    .update(records.map(({ value, fault }) => `${value}\n${JSON.stringify(fault)}\n`).join(''))
    .digest('hex')

describe('the stream of records', () => {
  it('has the same bytes for the same seed, today and in the next version', () => {
    const { records } = run({ faults: FAULTS })
    expect(digest(run({ faults: FAULTS }).records)).toBe(digest(records))
    // Changing this digest changes the data of everybody's seeds.
    expect(digest(records)).toBe('c87b82fefa77308c67c5ed252464a06655f5aad2f33e1001be68855db7d43b24')
    expect(digest(run({ faults: FAULTS, seed: '43' }).records)).not.toBe(digest(records))
  })

  it.each([undefined, FAULTS])('is the same merged from three shards as whole (faults: %s)', faults => {
    const values = { viewers: '333', duration: '90m', ...(faults ? { faults } : {}) }
    const shards = [1, 2, 3].map(index => run({ ...values, shard: `${index}/3` }).records)
    expect(shards.every(shard => shard.length > 0)).toBe(true)
    expect(digest(shards.flat().toSorted(compareRecords))).toBe(digest(run(values).records))
  })

  it('refuses more parts than there are viewers', () => {
    expect(() => simulation.parse({ shard: '1/5', viewers: '4' })).toThrow('shard is 1/5, but there are 4 viewers.')
  })

  it('holds events of the contract, those of a viewer in the order of their times, after the campaigns', () => {
    const { records } = run()
    const [first] = of<AdRaw>(records, raw)
    for (const event of of<AdRaw>(records, raw)) expect(adRaw.parse(event)).toEqual(event)
    expect(new Set(Object.keys(first!.Ad))).toEqual(new Set(Object.keys(raw.route!.samples[0]!.Ad as object)))
    expect(records.slice(0, 20).every(({ topic }) => topic === campaigns.name)).toBe(true)
    expect(records.slice(20).every(({ topic }) => topic === raw.name)).toBe(true)
    const times = of<AdRaw>(records, raw).map(({ datetime }) => datetime!)
    expect(times).toEqual(times.toSorted())
  })
})

describe('the viewers', () => {
  const SEED = '11'
  const { records, golden } = run({ seed: SEED, viewers: '5000', duration: '4h' })
  const events = of<AdRaw>(records, raw)
  const kinds = Map.groupBy(events, event => kindOf(event))
  const count = (kind: Parameters<typeof kinds.get>[0]): number => kinds.get(kind)?.length ?? 0
  /** Whether a number of independent things is what a share of them makes, four standard deviations either way. */
  const expectShare = (found: number, of: number, share: number): void => {
    expect(Math.abs(found - of * share), `seed ${SEED}`).toBeLessThan(4 * Math.sqrt(of * share * (1 - share)))
  }

  it('are about 1,000 events an hour of 1,000', () => {
    // An ad is shown once in 105 minutes on average, and gives 1.75 events: their number varies by 1.5 of them.
    const expected = (5000 * 4 * 60 * 1.75) / 105
    expect(Math.abs(events.length - expected), `seed ${SEED}`).toBeLessThan(
      0.02 * expected + 4 * 1.5 * Math.sqrt(expected),
    )
    expect(run().records.length).toBeGreaterThan(800)
    expect(run().records.length).toBeLessThan(1_200)
  })

  it('ignore half of the ads, and click three in ten of those that they view', () => {
    const showings = count('impression') + count('view-start')
    expectShare(count('impression'), showings, 0.5)
    const clicked = new Set(
      (kinds.get('click') ?? []).filter(({ Ad }) => Ad.click_count === 1).map(({ eventId }) => eventId),
    ).size
    expectShare(clicked, count('view-start'), 0.3)
    expectShare(count('click') - clicked, count('click'), 0.4)
    expect(Math.abs(count('view-end') - count('view-start'))).toBeLessThan(0.02 * count('view-start'))
  })

  it('click again too soon, and late enough, so that both kinds of clicks are there', () => {
    const rows = golden().ad_campaign_totals!
    const sum = (column: string): number => rows.reduce((total, row) => total + Number(row[column]), 0)
    expect(sum('click_count') + sum('suppressed_click_count')).toBe(count('click'))
    expect(sum('suppressed_click_count')).toBeGreaterThan(0.15 * count('click'))
    expect(sum('click_count')).toBeGreaterThan(0.6 * count('click'))
    expect(sum('impressions')).toBe(count('impression') + count('view-start'))
    expect(sum('events')).toBe(events.length)
  })

  it('are the people of the world', () => {
    const world = createWorld('1')
    for (const { User } of events.slice(0, 500)) {
      const { account, gender, age } = world.person(Number(User.account.split('_')[1]) - 1)
      expect(User).toMatchObject({ account, gender, age })
    }
  })

  it('see campaigns with Korean and other texts, the published one first', () => {
    const all = of<AdCampaign>(records, campaigns)
    expect(all[0]).toMatchObject({ ad_id: '76015c91-f1a9-4e4c-9a4c-c9130b7d27fe', name: '리그오브레전드' })
    expect(new Set(all.map(({ ad_id: id }) => id)).size).toBe(20)
    expect(new Set(all.map(({ name }) => name)).size).toBe(20)
    for (const { start_time, end_time } of all) expect(start_time < end_time).toBe(true)
    expect(new Set(events.map(({ Ad }) => Ad.ad_id))).toEqual(new Set(all.map(({ ad_id: id }) => id)))
  })
})

it('the golden answers count what reaches the log, once, and so far', () => {
  const { stream, golden } = simulation.simulate(simulation.parse({ faults: FAULTS }), 0)
  const kept = new Set<string>()
  for (let taken = 0; taken < 700; taken++) {
    const { topic, fault, eventId } = stream.next()
    if (topic === raw.name && !['malformed', 'missing-field'].includes(fault?.kind ?? '')) kept.add(eventId)
  }
  const {
    ad_minutes: minutes,
    ad_user_totals: users,
    ad_campaign_totals: totals,
    ad_unknown_campaigns: none,
  } = golden()
  for (const rows of [minutes!, users!, totals!])
    expect(rows.reduce((sum, { events }) => sum + Number(events), 0)).toBe(kept.size)
  expect(none).toEqual([])
})
