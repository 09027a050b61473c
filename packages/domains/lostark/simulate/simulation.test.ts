import { createHash } from 'node:crypto'
import { compareRecords, createWorld, type SimulatedRecord } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { type LostarkRaw, lostarkRaw } from '../contract.ts'
import { bosses, classNames, normaliseBoss, normaliseClass } from '../names.ts'
import { simulation } from '../simulate.ts'
import { deathProbabilityOf } from './behaviour.ts'

const FAULTS = 'dup=0.05,late=0.05,out-of-order=0.05,malformed=0.05,missing-field=0.05,burst=0.005'

function run(values: Readonly<Record<string, string>> = {}) {
  const { stream, golden } = simulation.simulate(simulation.parse(values), 0)
  const records: SimulatedRecord[] = []
  while (stream.nextMs !== Number.POSITIVE_INFINITY) records.push(stream.next())
  return { records, golden }
}

const digest = (records: readonly SimulatedRecord[]): string =>
  createHash('sha256')
    .update(records.map(({ value, fault }) => `${value}\n${JSON.stringify(fault)}\n`).join(''))
    .digest('hex')

const eventsOf = (records: readonly SimulatedRecord[]): LostarkRaw[] => records.map(({ value }) => JSON.parse(value))

/** Whether a count of yes and no is within four standard deviations of a share. */
const isShare = (count: number, of: number, share: number): boolean =>
  Math.abs(count - of * share) <= 4 * Math.sqrt(of * share * (1 - share))

describe('the stream of records', () => {
  it('has the same bytes for the same seed, today and in the next version', () => {
    const { records } = run({ faults: FAULTS })
    expect(digest(run({ faults: FAULTS }).records)).toBe(digest(records))
    // Changing this digest changes the data of everybody's seeds.
    expect(digest(records)).toBe('67c6fa9c237f4cf65793fb0f5bf3daa086f0f93ff2d9dc230c35c4ab043c0be3')
    expect(digest(run({ faults: FAULTS, seed: '43' }).records)).not.toBe(digest(records))
  })

  it.each([undefined, FAULTS])('is the same merged from three shards as whole (faults: %s)', faults => {
    const values = { raids: '7', duration: '90m', ...(faults ? { faults } : {}) }
    const shards = [1, 2, 3].map(index => run({ ...values, shard: `${index}/3` }).records)
    expect(shards.every(shard => shard.length > 0)).toBe(true)
    expect(digest(shards.flat().toSorted(compareRecords))).toBe(digest(run(values).records))
  })

  it('refuses more parts than there are raids at a time', () => {
    expect(() => simulation.parse({ raids: '3', shard: '1/4' })).toThrow('shard is 1/4, but 3 raids')
  })

  it('has events as the contract takes them, under their session, with the time of sending', () => {
    const { records } = run({ duration: '20m' })
    for (const { key, eventId, value, atMs } of records) {
      const event = lostarkRaw.parse(JSON.parse(value))
      expect(JSON.stringify(event)).toBe(value)
      expect([key, eventId]).toEqual([event.sessionID, event.eventId])
      const [minutes, seconds] = event.gametime.split(':').map(Number)
      expect(Math.floor((atMs - Date.parse(event.startTime)) / 1000)).toBe(minutes! * 60 + seconds!)
    }
  })
})

describe('the world of legion raids', () => {
  const seed = '20240328'
  const { records } = run({ raids: '200', duration: '2h', seed })
  const events = eventsOf(records)
  const raids = [...Map.groupBy(events, ({ sessionID, startTime }) => `${sessionID} ${startTime}`).values()]
  const bossOf = ([first]: readonly LostarkRaw[]) =>
    bosses.find(({ difficulty }) => difficulty === first!.Boss.difficulty)!
  const endMs = Date.parse('2024-03-24T13:00:00.000Z')
  const upMsOf = (raid: readonly LostarkRaw[]): number => Date.parse(raid[0]!.startTime) + bossOf(raid).limitSec * 1000
  const whole = raids.filter(raid => upMsOf(raid) < endMs)

  it(`has about 3,500 events of 40 players in 20 minutes (seed ${seed})`, () => {
    const rate = (events.length / 200 / 120) * 5 * 20
    expect(rate).toBeGreaterThan(3_200)
    expect(rate).toBeLessThan(3_800)
  })

  it(`has the published shares of methods, keys, bosses and classes (seed ${seed})`, () => {
    const count = (test: (event: LostarkRaw) => boolean): number => events.filter(test).length
    expect(
      isShare(
        count(({ method }) => method === '/move'),
        events.length,
        0.765,
      ),
    ).toBe(true)
    expect(
      isShare(
        count(({ method }) => method === '/wait'),
        events.length,
        0.15,
      ),
    ).toBe(true)
    expect(
      isShare(
        count(({ method }) => method === '/chat'),
        events.length,
        0.085,
      ),
    ).toBe(true)
    const common = ['q', 'w', 'e', 'r', 'a', 's', 'd', 'f', 'space', 'b']
    expect(
      isShare(
        count(({ inputkey }) => common.includes(inputkey)),
        events.length,
        0.95,
      ),
    ).toBe(true)
    expect(events.every(({ method, x, y }) => (method === '/wait' ? x === 0 && y === 0 : Math.abs(x) <= 400))).toBe(
      true,
    )
    for (const boss of bosses)
      expect(isShare(raids.filter(raid => bossOf(raid) === boss).length, raids.length, 1 / 6)).toBe(true)
    const players = new Map(events.map(({ User }) => [User.account, normaliseClass(User.class)]))
    expect(players.size).toBe(1_600)
    const of = (name: string): number => [...players.values()].filter(each => each === name).length
    for (const name of classNames) expect(isShare(of(name), players.size, 1 / 27), name).toBe(true)
  })

  it('has the accounts and addresses of the shared world', () => {
    const world = createWorld('1')
    const known = new Map(
      Array.from({ length: 1_600 }, (_, number) => world.person(number)).map(p => [p.account, p.ip]),
    )
    for (const { User } of events) expect(known.get(User.account)).toBe(User.ip)
    const other = eventsOf(run({ duration: '1m', world: 'other' }).records)
    expect(other.some(({ User }) => known.get(User.account) !== User.ip)).toBe(true)
  })

  it('has one boss per raid, by its name or its other one, and eight players, each with one class', () => {
    for (const raid of whole) {
      const boss = bossOf(raid)
      expect(new Set(raid.map(({ Boss }) => normaliseBoss(Boss.name)))).toEqual(new Set([boss.name]))
      expect(new Set(raid.map(({ Boss }) => Boss.endTime))).toEqual(new Set([boss.limitSec]))
      expect(new Set(raid.map(({ User }) => User.account)).size).toBe(8)
    }
    expect(events.some(({ Boss }) => Boss.name === 'Abrelshud')).toBe(true)
  })

  it(`has players who die more often the harder the boss is, and then stop until the closing record (seed ${seed})`, () => {
    for (const boss of bosses) {
      const own = whole.filter(raid => bossOf(raid) === boss)
      const players = own.flatMap(raid => [...Map.groupBy(raid, ({ User }) => User.account).values()])
      const dead = players.filter(of => of.some(({ status }) => status === 1))
      expect(isShare(dead.length, players.length, deathProbabilityOf(boss)), boss.name).toBe(true)
      for (const of of dead) expect(of.slice(of.findIndex(({ status }) => status === 1)).length).toBeLessThanOrEqual(2)
    }
    expect(deathProbabilityOf(bosses[5]!)).toBeGreaterThan(deathProbabilityOf(bosses[0]!))
  })

  it(`closes a raid with one record of each member, dead ones too, with success for all or none; some are not closed (seed ${seed})`, () => {
    let closed = 0
    for (const raid of whole) {
      const dead = new Set(raid.filter(({ status }) => status === 1).map(({ User }) => User.account))
      const closing = raid.filter(({ success }) => success === 1)
      expect([0, 8]).toContain(closing.length)
      if (dead.size === 8) expect(closing).toEqual([])
      expect(new Set(closing.map(({ gametime }) => gametime)).size).toBeLessThanOrEqual(1)
      if (closing.length > 0) closed++
    }
    const survived = whole.filter(
      raid => new Set(raid.filter(({ status }) => status === 1).map(({ User }) => User.account)).size < 8,
    )
    // Those that end in the last minutes are always closed.
    expect(closed / survived.length).toBeGreaterThan(0.8)
    expect(closed / survived.length).toBeLessThan(0.92)
  })

  it('ends no raid in the last minute of a run, and follows each one without closing records by another of its session', () => {
    for (const raid of whole) {
      expect(endMs - upMsOf(raid)).toBeGreaterThan(60_000)
      if (raid.some(({ success }) => success === 1)) continue
      expect(
        raids.some(
          ([first]) =>
            first!.sessionID === raid[0]!.sessionID && Date.parse(first!.startTime) > Date.parse(raid[0]!.startTime),
        ),
      ).toBe(true)
    }
    expect(run({ unclosed: '1' }).records.some(({ value }) => value.includes('"success":1'))).toBe(true)
  })
})
