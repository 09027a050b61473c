import { createHash } from 'node:crypto'
import { compareRecords, createWorld, type SimulatedRecord } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { type Customer, type MusicRaw, type MusicTruth, music } from '../contract.ts'
import { simulation } from '../simulate.ts'

const { raw, truth, customers, tracks, adClicks, models } = music.topics
const FAULTS = 'dup=0.05,late=0.05,out-of-order=0.05,malformed=0.05,missing-field=0.05,burst=0.005'
const FEW = { customers: '300', tracks: '200', 'listens-per-day': '100' }

function run(values: Readonly<Record<string, string>> = {}) {
  const { stream, golden } = simulation.simulate(simulation.parse(values), 0)
  const records: SimulatedRecord[] = []
  while (stream.nextMs !== Number.POSITIVE_INFINITY) records.push(stream.next())
  return { records, golden: golden() }
}
const of = <T>(records: readonly SimulatedRecord[], topic: { readonly name: string }): T[] =>
  records.filter(record => record.topic === topic.name).map(record => JSON.parse(record.value) as T)
const digest = (records: readonly SimulatedRecord[]): string =>
  createHash('sha256')
    .update(records.map(({ value, fault }) => `${value}\n${JSON.stringify(fault)}\n`).join(''))
    .digest('hex')
const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0)
const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length
/** Standard deviation of the mean of independent values. */
const deviationOfMean = (numbers: readonly number[]): number => {
  const middle = mean(numbers)
  return Math.sqrt(sum(numbers.map(n => (n - middle) ** 2)) / numbers.length / (numbers.length - 1))
}
function expectShare(values: readonly number[], expected: number, what: string): void {
  const far = Math.abs(mean(values) - expected)
  expect(far, `${what}: ${mean(values)}, expected ${expected} (seed 42)`).toBeLessThan(4 * deviationOfMean(values))
}

describe('the stream of records', () => {
  it('has the same bytes for the same seed, today and in the next version', () => {
    const { records } = run({ ...FEW, faults: FAULTS })
    expect(digest(run({ ...FEW, faults: FAULTS }).records)).toBe(digest(records))
    // Changing this digest changes the data of everybody's seeds.
    expect(digest(records)).toBe('2b1048dc6cc83b2e2a1d93f79eaa97fa1fef94bbfbda5fce49e4463adf003763')
    expect(digest(run({ ...FEW, faults: FAULTS, seed: '43' }).records)).not.toBe(digest(records))
  })

  it.each([undefined, FAULTS])('is the same merged from three shards as whole (faults: %s)', faults => {
    const values = { ...FEW, duration: '90m', ...(faults ? { faults } : {}) }
    const shards = [1, 2, 3].map(index => run({ ...values, shard: `${index}/3` }).records)
    expect(shards.every(shard => shard.length > 0)).toBe(true)
    expect(digest(shards.flat().toSorted(compareRecords))).toBe(digest(run(values).records))
  })

  it('has what customers and tracks are before the first listen, and one model unless there is to be none', () => {
    const { records, golden } = run(FEW)
    const before = records.slice(0, 300 + 200 + 1)
    expect(of(before, customers)).toHaveLength(300)
    expect(of(before, tracks)).toHaveLength(200)
    expect(of(before, models)).toHaveLength(1)
    expect(golden.music_models).toHaveLength(1)
    const without = run({ ...FEW, model: 'none' })
    expect(of(without.records, models)).toEqual([])
    for (const table of ['music_models', 'music_predictions', 'music_sms']) expect(without.golden[table]).toEqual([])
    expect(simulation.reference!(simulation.parse(FEW)).map(({ value }) => value)).toEqual(
      before.map(({ value }) => value),
    )
  })

  it('has customers who are the people of the world', () => {
    const { person } = createWorld('default')
    const found = of<Customer>(run({ ...FEW, world: 'default' }).records, customers)
    for (const { CustID, Account, Name, Age, Gender, zip } of found) {
      const { account, name, age, gender, zip: home } = person(CustID)
      expect([Account, Name, Age, Gender, zip]).toEqual([account, name, age, gender === 'female' ? 1 : 0, home])
    }
  })

  it('refuses options that contradict each other', () => {
    expect(() => simulation.parse({ customers: '2', shard: '1/3' })).toThrow('shard is 1/3, but there are 2 customers.')
    expect(() => simulation.parse({ customers: '2', 'customers-file': 'x' })).toThrow('customers is given beside')
    expect(() => simulation.parse({ tracks: '2', 'tracks-file': 'x' })).toThrow('tracks is given beside')
  })
})

describe('listeners', () => {
  const { records, golden } = run({ customers: '3000', duration: '24h', start: '2024-03-24T00:00:00.000Z' })
  const listens = of<MusicRaw>(records, raw)
  const rowOf = new Map(of<Customer>(records, customers).map(row => [row.CustID, row]))
  const truths = of<MusicTruth>(records, truth)
  const byCustomer = Map.groupBy(listens, ({ customer_id }) => customer_id)

  it('have the levels, genders and states of the published file', () => {
    const rows = [...rowOf.values()]
    const share = (what: string, expected: number, is: (row: Customer) => boolean): void =>
      expectShare(
        rows.map(row => (is(row) ? 1 : 0)),
        expected,
        what,
      )
    share('Free', 0.57, ({ Level }) => Level === 0)
    share('Silver', 0.33, ({ Level }) => Level === 1)
    share('Gold', 0.1, ({ Level }) => Level === 2)
    share('active', 0.9, ({ Status }) => Status === 1)
    share('women', 0.5, ({ Gender }) => Gender === 1)
    expect(new Set(rows.map(({ Campaign }) => Campaign))).toEqual(new Set([0, 1, 2, 3, 4]))
    expect(rows.every(({ SignDate }) => /^\d\d\/\d\d\/20\d\d$/.test(SignDate))).toBe(true)
  })

  it.each([
    [0, 0.5],
    [1, 0.72],
    [2, 0.83],
  ])('of level %i listen on mobile devices with the share %d', (level, share) => {
    const own = truths.filter(({ CustID }) => rowOf.get(CustID)!.Level === level)
    expectShare(
      own.map(({ mobile }) => mobile),
      share,
      `mobile share of customers of level ${level}`,
    )
    // What each customer's listens are beyond the customer's own share is chance.
    const chance = listens
      .filter(({ customer_id }) => rowOf.get(customer_id)!.Level === level)
      .map(({ customer_id, ismobile }) => ismobile - truths.find(({ CustID }) => CustID === customer_id)!.mobile)
    expectShare(chance, 0, `mobile listens of level ${level}`)
  })

  it('listen 24 times a day on average, a few of them very often, and most of them seldom', () => {
    expectShare(
      truths.map(({ CustID }) => byCustomer.get(CustID)?.length ?? 0),
      24,
      'listens of a customer in a day',
    )
    const counts = [...byCustomer.values()].map(({ length }) => length).sort((a, b) => b - a)
    const most = sum(counts.slice(0, 300)) / listens.length
    expect(most).toBeGreaterThan(0.3)
    expect(most).toBeLessThan(0.6)
  })

  it('play some tracks often, and most of 1,750 seldom', () => {
    const counts = [...Map.groupBy(listens, ({ track_id }) => track_id).values()].map(({ length }) => length)
    counts.sort((a, b) => b - a)
    expect(counts.length).toBeGreaterThan(1_500)
    const most = sum(counts.slice(0, 175)) / listens.length
    expect(most).toBeGreaterThan(0.4)
    expect(most).toBeLessThan(0.8)
  })

  it('have a daily rhythm: most in the evening, fewest at night', () => {
    const hours = Array.from({ length: 24 }, () => 0)
    for (const { datetime } of listens) hours[Number(datetime.slice(11, 13))]!++
    const perHour = (from: number, to: number): number => mean(hours.slice(from, to))
    expect(perHour(17, 21)).toBeGreaterThan(1.3 * perHour(9, 16))
    expect(perHour(1, 5)).toBeLessThan(0.3 * perHour(9, 16))
  })

  it('listen at home most of the time, or near it', () => {
    const places = listens.map(({ customer_id, listening_zip: zip }) => {
      const home = rowOf.get(customer_id)!.zip
      return zip === home ? 'home' : zip.slice(0, 3) === home.slice(0, 3) ? 'near' : 'elsewhere'
    })
    const share = (place: string): number => places.filter(each => each === place).length / places.length
    expect(share('home')).toBeCloseTo(0.8, 1)
    expect(share('near')).toBeCloseTo(0.15, 1)
    expect(share('elsewhere')).toBeCloseTo(0.05, 1)
    expect(listens.every(({ listening_zip }) => /^\d{5}$/.test(listening_zip))).toBe(true)
  })

  it('play the same track again and again, now and then', () => {
    expect(golden.music_interests!.length).toBeGreaterThan(100)
    expect(golden.music_interests!.length / listens.length).toBeLessThan(0.1)
  })

  it('click offers', () => {
    const clicks = of<{ CustID: number; AdClicked: string }>(records, adClicks)
    expect(new Set(clicks.map(({ AdClicked }) => AdClicked))).toEqual(
      new Set(['ADV_FREE_REFERRAL', 'ADV_LIKE_FACEBOOK', 'ADV_DONATION_CHARITY', 'ADV_REDUCED_1DAY']),
    )
    const likely = new Set(truths.filter(({ clicks }) => clicks).map(({ CustID }) => CustID))
    expect(clicks.filter(({ CustID }) => likely.has(CustID)).length / clicks.length).toBeGreaterThan(0.98)
  })
})

describe('the golden answers', () => {
  it('hold every listen once in each dimension and day', () => {
    const { records, golden } = run({ ...FEW, duration: '3h' })
    const count = of(records, raw).length
    for (const dimension of ['all', 'region', 'gender', 'age', 'level', 'campaign'])
      expect(sum(golden.music_hourly!.filter(row => row.dimension === dimension).map(row => Number(row.plays)))).toBe(
        count,
      )
    expect(sum(golden.music_tracks_daily!.map(row => Number(row.plays)))).toBe(count)
    expect(sum(golden.music_behaviour!.map(row => Number(row.plays)))).toBe(count)
    for (const { plays, morning, afternoon, evening, night } of golden.music_behaviour!)
      expect(Number(morning) + Number(afternoon) + Number(evening) + Number(night)).toBe(plays)
    const targets = golden.music_predictions!.filter(({ target }) => target)
    expect(targets.length).toBeGreaterThan(5)
    expect(golden.music_sms!.length).toBeGreaterThanOrEqual(targets.length)
  })

  it('count what reaches the log, once', () => {
    const { records, golden } = run({ ...FEW, duration: '3h', faults: FAULTS })
    const kept = new Set(
      records
        .filter(({ topic, fault }) => topic === raw.name && !['malformed', 'missing-field'].includes(fault?.kind ?? ''))
        .map(({ eventId }) => eventId),
    )
    expect(sum(golden.music_behaviour!.map(row => Number(row.plays)))).toBe(kept.size)
    expect(new Set(records.flatMap(({ fault }) => fault?.kind ?? [])).size).toBe(6)
  })
})
