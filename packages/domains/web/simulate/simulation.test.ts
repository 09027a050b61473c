import { createHash } from 'node:crypto'
import { canonicalJson, readWire } from '@millrace/contracts'
import { compareRecords, createWorld, type SimulatedRecord } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { type WebRaw, web } from '../contract.ts'
import { simulation } from '../simulate.ts'

const { raw } = web.topics
const FAULTS = 'dup=0.05,late=0.05,out-of-order=0.05,malformed=0.05,missing-field=0.05,burst=0.005'

function run(values: Readonly<Record<string, string>> = {}, nowMs = 0) {
  const { stream, golden } = simulation.simulate(simulation.parse(values), nowMs)
  const records: SimulatedRecord[] = []
  while (stream.nextMs !== Number.POSITIVE_INFINITY) records.push(stream.next())
  return { records, golden: golden() }
}

const eventsOf = (records: readonly SimulatedRecord[]): WebRaw[] => records.map(({ value }) => JSON.parse(value))
const digest = (records: readonly SimulatedRecord[]): string =>
  createHash('sha256')
    .update(records.map(({ value, fault }) => `${value}\n${JSON.stringify(fault)}\n`).join(''))
    .digest('hex')

describe('the stream of records', () => {
  it('has the same bytes for the same seed, today and in the next version', () => {
    const { records } = run({ duration: '10m', faults: FAULTS })
    expect(digest(run({ duration: '10m', faults: FAULTS }).records)).toBe(digest(records))
    // Changing this digest changes the data of everybody's seeds.
    expect(digest(records)).toBe('5df6e90c8251aa3751d2fc52ef2d8900ed2e458355fd89547cbc21574f4884fb')
    expect(digest(run({ duration: '10m', faults: FAULTS, seed: '43' }).records)).not.toBe(digest(records))
  })

  it.each([undefined, FAULTS])('is the same merged from three shards as whole (faults: %s)', faults => {
    const values = { visitors: '31', duration: '30m', ...(faults ? { faults } : {}) }
    const shards = [1, 2, 3].map(index => run({ ...values, shard: `${index}/3` }).records)
    expect(shards.every(shard => shard.length > 0)).toBe(true)
    expect(digest(shards.flat().toSorted(compareRecords))).toBe(digest(run(values).records))
  })

  it('refuses more parts than there are visitors', () => {
    expect(() => simulation.parse({ visitors: '3', shard: '1/5' })).toThrow('shard is 1/5, but there are 3 visitors.')
  })

  it('is canonical: the gateway has nothing to change in it', () => {
    const { records } = run({ duration: '10m' })
    for (const { value, eventId, key, atMs } of records) {
      const parsed = JSON.parse(value) as Record<string, unknown>
      const event = raw.schema.parse(readWire(parsed, raw.wire))
      expect(canonicalJson(raw, event)).toBe(canonicalJson(raw, parsed))
      expect([event.eventId, event.user_key, Date.parse(event.timestamp)]).toEqual([eventId, key, atMs])
    }
    expect(new Set(records.map(({ eventId }) => eventId)).size).toBe(records.length)
  })

  it('has the people of its world with their browsers, who are the same with every seed', () => {
    const browsersOf = (seed: string) =>
      new Map(
        eventsOf(run({ world: '7', seed, duration: '5m' }).records).map(
          ({ user_key, account, user_agent, variant }) => [user_key, `${account} ${user_agent} ${variant}`],
        ),
      )
    const first = browsersOf('1')
    for (const [userKey, browser] of browsersOf('2')) if (first.has(userKey)) expect(browser).toBe(first.get(userKey))
    const world = createWorld('7')
    const accounts = new Set(Array.from({ length: 100 }, (_, number) => world.person(number).account))
    const named = eventsOf(run({ world: '7', duration: '5m' }).records).flatMap(({ account }) => account ?? [])
    expect(named.length).toBeGreaterThan(100)
    expect(named.filter(account => !accounts.has(account))).toEqual([])
  })

  it('with start now begins now and never repeats an id of an earlier start', () => {
    const startOf = (nowMs: number): string[] => {
      const { records } = run({ start: 'now', visitors: '5', duration: '20m' }, nowMs)
      expect(records.filter(({ atMs }) => atMs < nowMs)).toEqual([])
      expect(records.length).toBeGreaterThan(5)
      return records.map(({ eventId }) => eventId)
    }
    const first = new Set(startOf(Date.UTC(2025, 0, 1)))
    expect(startOf(Date.UTC(2025, 0, 2)).filter(id => first.has(id))).toEqual([])
  })
})

const seed = '42'

describe(`visitors (seed ${seed})`, () => {
  const events = eventsOf(run({ seed, duration: '6h', visitors: '300' }).records)
  const sessions = [...Map.groupBy(events, ({ sessionId }) => sessionId).values()]

  it('begin each session at the front page, and name the page before on every other view', () => {
    for (const session of sessions) {
      const views = session.filter(({ eventType }) => eventType === 'page-view')
      expect(session[0]!.eventType).toBe('page-view')
      expect(views[0]!.current_page).toBe('https://shop.example/')
      expect(views.map(({ previousPage }) => previousPage)).toEqual([
        undefined,
        ...views.slice(0, -1).map(({ current_page }) => current_page),
      ])
    }
  })

  it('tell the outline of each page once in a session', () => {
    for (const session of sessions) {
      const outlined = session.filter(({ outline }) => outline).map(({ current_page }) => current_page)
      expect(new Set(outlined).size).toBe(outlined.length)
    }
  })

  it('click within the page and move the mouse only where there is one', () => {
    for (const { eventType, x, y, viewportWidth, documentWidth, documentHeight } of events) {
      if (eventType !== 'click' && eventType !== 'mouse-move') continue
      expect(x! >= 0 && x! < documentWidth! && y! >= 0 && y! < documentHeight!).toBe(true)
      if (eventType === 'mouse-move') expect(viewportWidth).toBe(1280)
    }
  })

  it('of variant B click the buttons more often', () => {
    const shareOf = (variant: string): number => {
      const clicks = events.filter(event => event.variant === variant && event.eventType === 'click')
      return clicks.filter(({ element }) => element === 'button').length / clicks.length
    }
    // 1.5 times the weight of the button among the parts of its page: 1.25 to 1.45 times the share.
    expect(shareOf('B') / shareOf('A')).toBeGreaterThan(1.2)
    expect(shareOf('B') / shareOf('A')).toBeLessThan(1.5)
  })
})

describe('the golden answers', () => {
  const { records, golden } = run({ duration: '20m', faults: FAULTS })
  const sumOf = (table: string, column: string): number =>
    golden[table]!.reduce((sum, row) => sum + Number(row[column]), 0)
  const ids = new Set<string>()
  const stored = records.filter(({ eventId, fault }) => {
    const isStored = !['malformed', 'missing-field'].includes(fault?.kind ?? '') && !ids.has(eventId)
    if (isStored) ids.add(eventId)
    return isStored
  })
  const counted = eventsOf(stored)
  const countOf = (...types: string[]): number => counted.filter(({ eventType }) => types.includes(eventType!)).length

  it('count what reaches the log, once', () => {
    expect(sumOf('web_pages', 'events')).toBe(stored.length)
    expect(sumOf('web_pages', 'views')).toBe(countOf('page-view'))
    expect(sumOf('web_heat', 'clicks')).toBe(countOf('click'))
    expect(sumOf('web_heat', 'moves')).toBe(countOf('mouse-move'))
  })

  it('count each session once', () => {
    const views = counted.filter(({ eventType }) => eventType === 'page-view')
    const seen = new Set(views.map(({ sessionId, current_page }) => `${sessionId} ${current_page}`))
    expect(sumOf('web_funnel', 'viewed')).toBe(seen.size)
    const clicks = counted.filter(({ eventType }) => eventType === 'click')
    expect(sumOf('web_funnel', 'clicked')).toBe(
      new Set(clicks.map(({ sessionId, current_page }) => `${sessionId} ${current_page}`)).size,
    )
  })
})
