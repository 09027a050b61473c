import { createHash } from 'node:crypto'
import { canonicalJson, readWire } from '@millrace/contracts'
import { compareRecords, createWorld, type SimulatedRecord } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { type HotelRaw, hotel } from '../contract.ts'
import { simulation } from '../simulate.ts'

const { raw } = hotel.topics
const FAULTS = 'dup=0.05,late=0.05,out-of-order=0.05,malformed=0.05,missing-field=0.05,burst=0.005'

function run(values: Readonly<Record<string, string>> = {}) {
  const { stream, golden } = simulation.simulate(simulation.parse(values), 0)
  const records: SimulatedRecord[] = []
  while (stream.nextMs !== Number.POSITIVE_INFINITY) records.push(stream.next())
  return { records, golden: golden() }
}

const eventsOf = (records: readonly SimulatedRecord[]): HotelRaw[] => records.map(({ value }) => JSON.parse(value))
const digest = (records: readonly SimulatedRecord[]): string =>
  createHash('sha256')
    .update(records.map(({ value, fault }) => `${value}\n${JSON.stringify(fault)}\n`).join(''))
    .digest('hex')

describe('the stream of records', () => {
  it('has the same bytes for the same seed, today and in the next version', () => {
    const { records } = run({ duration: '10m', faults: FAULTS })
    expect(digest(run({ duration: '10m', faults: FAULTS }).records)).toBe(digest(records))
    // Changing this digest changes the data of everybody's seeds.
    expect(digest(records)).toBe('c6b290f66534aedc3e3e4f74bf01324c11e9987d1fdb7290f6e46ba19e1a6ef2')
    expect(digest(run({ duration: '10m', faults: FAULTS, seed: '43' }).records)).not.toBe(digest(records))
  })

  it.each([undefined, FAULTS])('is the same merged from three shards as whole (faults: %s)', faults => {
    const values = { guests: '31', duration: '30m', ...(faults ? { faults } : {}) }
    const shards = [1, 2, 3].map(index => run({ ...values, shard: `${index}/3` }).records)
    expect(shards.every(shard => shard.length > 0)).toBe(true)
    expect(digest(shards.flat().toSorted(compareRecords))).toBe(digest(run(values).records))
  })

  it('refuses more parts than there are guests', () => {
    expect(() => simulation.parse({ guests: '3', shard: '1/5' })).toThrow('shard is 1/5, but there are 3 guests.')
  })

  it('is canonical: the gateway has nothing to change in it', () => {
    const ids = new Set<string>()
    for (const { value, eventId, key, atMs } of run({ duration: '10m' }).records) {
      const parsed = JSON.parse(value) as Record<string, unknown>
      const event = raw.schema.parse(readWire(parsed, raw.wire))
      expect(Object.keys(parsed)).toEqual(Object.keys(raw.schema.shape))
      expect(JSON.stringify(event)).toBe(value)
      expect(canonicalJson(raw, event)).toBe(canonicalJson(raw, parsed))
      expect([event.eventId, event.account, Date.parse(event.datetime)]).toEqual([eventId, key, atMs])
      ids.add(eventId).add(event.id)
    }
    expect(ids.size).toBe(2 * run({ duration: '10m' }).records.length)
  })

  it('has the people of its world, who are the same with every seed', () => {
    const world = createWorld('7')
    const people = new Map(Array.from({ length: 100 }, (_, n) => [`testAccount_${n + 1}`, world.person(n)]))
    for (const seed of ['1', '2'])
      for (const { account, ip, gender, age } of eventsOf(run({ world: '7', seed, duration: '5m' }).records))
        expect({ ip, gender, age }).toEqual({
          ip: people.get(account)?.ip,
          gender: people.get(account)?.gender,
          age: people.get(account)?.ageBand,
        })
  })

  it('with start now begins now and never repeats an id of an earlier start', () => {
    const startOf = (nowMs: number): string[] => {
      const { stream } = simulation.simulate(simulation.parse({ start: 'now', guests: '5', duration: '5m' }), nowMs)
      const ids: string[] = []
      while (stream.nextMs !== Number.POSITIVE_INFINITY) {
        const { eventId, atMs } = stream.next()
        expect(atMs).toBeGreaterThanOrEqual(nowMs)
        ids.push(eventId)
      }
      return ids
    }
    const first = new Set(startOf(Date.UTC(2025, 0, 1)))
    expect(startOf(Date.UTC(2025, 0, 2)).filter(id => first.has(id))).toEqual([])
  })
})

/** Share of the events that satisfy something, against what it has to be, with four standard deviations of a draw. */
function expectShare(found: number, of: number, share: number): void {
  const tolerance = 4 * Math.sqrt((share * (1 - share)) / of)
  expect(Math.abs(found / of - share), `${found} of ${of}, expected ${share} ± ${tolerance}`).toBeLessThan(tolerance)
}

const seed = '42'

describe(`guests (seed ${seed})`, () => {
  const events = eventsOf(run({ seed, duration: '12h', guests: '200' }).records)
  const countOf = (isCounted: (event: HotelRaw) => boolean): number => events.filter(isCounted).length
  const isPlace = ({ method }: HotelRaw): boolean => method.startsWith('/places/')
  const isPurchase = ({ method }: HotelRaw): boolean => method.startsWith('/buy/')
  const isRefund = ({ method }: HotelRaw): boolean => method === '/refund'
  const byAccount = [...Map.groupBy(events, ({ account }) => account).values()]

  it('send about 13,000 events in 20 minutes where there are 100 of them', () => {
    // Of 520 visits each adds or takes away about six events: four standard deviations are 540.
    const { length } = run({ seed, duration: '20m' }).records
    expect(Math.abs(length - 13_000), `${length} events`).toBeLessThan(600)
  })

  it.each([
    [0.105, ['/leisure']],
    [0.045, ['/sub-home/hotel']],
    [0.038, ['/sub-home/pension']],
    [0.0325, ['/sub-home/residence', '/sub-home/redidence']],
    [0.028, ['/sub-home/motel']],
    [0.02, ['/flights']],
    [0.017, ['/sub-home/global']],
    [0.015, ['/sub-home/transportation']],
  ] as const)('visit a page with a share of %f: %s', (share, methods: readonly string[]) => {
    expectShare(
      countOf(({ method }) => methods.includes(method)),
      events.length,
      share,
    )
  })

  it('view places with a share of 20.4 %, the lower their number the more often', () => {
    const views = events.filter(isPlace)
    expectShare(views.length, events.length, 0.204)
    const counts = Array<number>(50).fill(0)
    for (const { method } of views) counts[Number(method.slice(8))]!++
    for (const [place, count] of counts.entries())
      expectShare(count, views.length, ((place + 1) / 50) ** (2 / 3) - (place / 50) ** (2 / 3))
  })

  it('view the front page where they do nothing else: 49 % less the purchases and refunds that exceed 100 %', () => {
    const others = 0.5045 + (countOf(isPurchase) + countOf(isRefund)) / events.length
    expectShare(
      countOf(({ method }) => method === '/'),
      events.length,
      1 - others,
    )
    expect(countOf(({ method }) => method === '/') / events.length).toBeGreaterThan(0.48)
  })

  it('buy with a share of 0.6 %, women twice as often as men', () => {
    for (const [gender, share] of [
      ['female', 0.008],
      ['male', 0.004],
    ] as const) {
      const own = events.filter(event => event.gender === gender)
      expectShare(own.filter(isPurchase).length, own.length, share)
    }
  })

  it('have a booking from a purchase until a refund, which comes with a chance of 2 % and never without a booking', () => {
    let booked = 0
    for (const own of byAccount) {
      let status = 0
      for (const event of own) {
        if (status === 1) booked++
        if (isPurchase(event)) status = 1
        if (isRefund(event)) {
          expect(status).toBe(1)
          status = 0
        }
        if (event.status !== status) expect(event).toBe(`of status ${status}`)
      }
    }
    expectShare(countOf(isRefund), booked, 0.02)
  })

  it('buy only what they viewed in the same visit, which ends with a pause of a minute', () => {
    for (const own of byAccount) {
      let viewed = new Set<string>()
      let beforeMs = 0
      for (const event of own) {
        const timeMs = Date.parse(event.datetime)
        if (timeMs - beforeMs >= 60_000) viewed = new Set()
        beforeMs = timeMs
        if (isPlace(event)) viewed.add(event.method)
        if (isPurchase(event) && !viewed.has(event.method.slice(4))) expect(event).toBe('of a place that was viewed')
      }
    }
  })

  it('have genders and age bands with the shares of the world', () => {
    const people = eventsOf(run({ world: seed, duration: '5m', guests: '5000' }).records)
    const all = [...new Map(people.map(event => [event.account, event])).values()]
    expect(all).toHaveLength(5_000)
    expectShare(all.filter(({ gender }) => gender === 'female').length, all.length, 0.5)
    for (const [band, share] of [
      ['20-29', 0.7],
      ['30-39', 0.15],
      ['40-49', 0.045],
      ['50-59', 0.0105],
      ['60+', 0.0945],
    ] as const)
      expectShare(all.filter(({ age }) => age === band).length, all.length, share)
  })
})

describe('golden answers', () => {
  const sum = (rows: readonly Readonly<Record<string, unknown>>[], column: string): number =>
    rows.reduce((total, row) => total + Number(row[column]), 0)

  it.each([undefined, FAULTS])('count what reaches the log, once (faults: %s)', faults => {
    const { records, golden } = run({ ...(faults ? { faults } : {}) })
    const kept = records.filter(({ fault }) => !['malformed', 'missing-field'].includes(fault?.kind ?? ''))
    const events = [...new Map(eventsOf(kept).map(event => [event.eventId, event])).values()]
    const count = (start: string): number => events.filter(({ method }) => method.startsWith(start)).length
    const funnel = golden.hotel_funnel!
    expect(sum(funnel, 'events')).toBe(events.length)
    expect(sum(funnel, 'views')).toBe(events.filter(({ method }) => method === '/').length)
    expect(sum(funnel, 'refunds')).toBe(count('/refund'))
    for (const [column, rows] of [
      ['place_views', funnel],
      ['clicks', golden.hotel_places_daily!],
    ] as const)
      expect(sum(rows, column)).toBe(count('/places/'))
    for (const rows of [funnel, golden.hotel_places_daily!]) expect(sum(rows, 'purchases')).toBe(count('/buy/'))
  })

  it('rank places by each day, 50 of them at most', () => {
    const { golden } = run({ start: '2024-03-24T23:30:00.000Z', places: '300' })
    const places = golden.hotel_places_daily!
    for (const day of ['2024-03-24', '2024-03-25'])
      for (const kind of ['clicks', 'purchases']) {
        const ranks = golden.hotel_top_places!.filter(row => row.day === day && row.kind === kind)
        const scores = places.filter(row => row.day === day && Number(row[kind]) > 0)
        expect(ranks.map(({ rank }) => rank)).toEqual(
          Array.from({ length: Math.min(50, scores.length) }, (_, n) => n + 1),
        )
        const better = (row: (typeof ranks)[number]): number =>
          scores.filter(
            other =>
              Number(other[kind]) > Number(row.score) ||
              (other[kind] === row.score && Number(other.place) < Number(row.place)),
          ).length
        for (const row of ranks) expect(better(row)).toBe(Number(row.rank) - 1)
      }
  })
})
