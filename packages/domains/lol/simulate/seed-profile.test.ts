import { describe, expect, it } from 'vitest'
import { eventsOf, simulate, truthOf } from './population.ts'

// 400 players for three hours: about 300,000 events, a fifth of them by the cheaters of this setting.
const records = simulate({ players: '400', duration: '3h', seed: 'statistics', cheaters: '0.2' })
const events = eventsOf(records)
const truth = truthOf(records)
const cheaters = new Set(truth.filter(label => label.cheater).map(label => label.account))
const honest = events.filter(event => !cheaters.has(event.account))
const cheating = events.filter(event => cheaters.has(event.account))
const matches = [...Map.groupBy(events, event => `${event.account} ${event.roomID}`).values()]

type Event = (typeof events)[number]

/** Fails unless the share of the events that match is `expected`, four standard deviations either way. */
function expectShare(of: readonly Event[], matches: (event: Event) => boolean, expected: number): void {
  const share = of.filter(matches).length / of.length
  const margin = 4 * Math.sqrt((expected * (1 - expected)) / of.length)
  expect(Math.abs(share - expected), `${share} is not ${expected} ± ${margin}`).toBeLessThan(margin)
}
const keys = (event: Event, ...wanted: string[]): boolean => wanted.includes(event.inputkey)
const rare = (event: Event): boolean => keys(event, 'alt', 'tab', 'alt+tab', 'esc', 'shift', 'enter')

describe('the seed profile', () => {
  it('waits in 15 % of the actions, at 0, 0', () => {
    expectShare(events, event => event.method === '/wait', 0.15)
    expect(events.filter(event => event.method === '/wait').every(event => event.x === 0 && event.y === 0)).toBe(true)
    expect(new Set(events.map(event => event.method))).toEqual(new Set(['/wait', '/move', '/getItem']))
  })

  it('buys in 3 % of the actions of a player with fewer than 6 items, and never a seventh', () => {
    const canBuy: Event[] = []
    let most = 0
    for (const match of matches) {
      let items = 0
      for (const event of match) {
        if (items < 6) canBuy.push(event)
        if (event.method === '/getItem') items++
      }
      most = Math.max(most, items)
    }
    expect(most).toBe(6)
    expect(canBuy.length).toBeLessThan(events.length)
    expectShare(canBuy, event => event.method === '/getItem', 0.03)
  })

  it.each(['x', 'y'] as const)(
    'points with %s within ±400 in 99 % and ±1250 in 1 %, cheaters ±400 in 70 % and ±3000 in 30 %',
    axis => {
      const of = (list: readonly Event[]): Event[] => list.filter(event => event.method !== '/wait')
      const beyond = (limit: number) => (event: Event) => Math.abs(event[axis]) > limit
      expectShare(of(honest), beyond(400), (0.01 * 1700) / 2501)
      expectShare(of(cheating), beyond(400), (0.3 * 5200) / 6001)
      expectShare(of(cheating), beyond(1500), (0.3 * 3000) / 6001)
      expectShare(of(honest), event => event[axis] < -200, (0.99 * 200) / 801 + (0.01 * 1050) / 2501)
      const reach = (list: readonly Event[]): number => Math.max(...new Set(list.map(event => Math.abs(event[axis]))))
      expect(reach(honest)).toBeLessThanOrEqual(1250)
      expect(reach(honest)).toBeGreaterThan(1200)
      expect(reach(cheating)).toBeLessThanOrEqual(3000)
      expect(reach(cheating)).toBeGreaterThan(2950)
      expect(events.every(event => Number.isInteger(event[axis]) && !Object.is(event[axis], -0))).toBe(true)
    },
  )

  it('presses 71.25 % common, 23.75 % uncommon and 5 % rare keys, each key of a group equally often', () => {
    for (const key of ['q', 'w', 'e', 'r', 'space', 'b']) expectShare(honest, event => keys(event, key), 0.7125 / 6)
    for (const key of ['d', 'f', 'none']) expectShare(honest, event => keys(event, key), 0.2375 / 3)
    for (const key of ['alt', 'tab', 'alt+tab', 'esc', 'shift', 'enter'])
      expectShare(honest, event => keys(event, key), 0.05 / 6)
    expect(new Set(events.map(event => event.inputkey)).size).toBe(15)
  })

  it('lets cheaters press rare keys three times as often', () => {
    expectShare(honest, rare, 0.05)
    expectShare(cheating, rare, 0.15)
  })

  it.each(['honest players', 'cheaters'] as const)(
    'lets %s die in 1 %% of the actions of the living, counts each death and ends it',
    who => {
      const list = who === 'cheaters' ? cheating : honest
      const living: Event[] = []
      const dying = new Set<Event>()
      const wrong: Event[] = []
      for (const match of Map.groupBy(list, event => `${event.account} ${event.roomID}`).values()) {
        let deaths = 0
        let wasDead = false
        for (const event of match) {
          const dies = event.deathCount === deaths + 1
          // Nobody comes by a death or a status of 1 in another way than by dying.
          if (!dies && (event.deathCount !== deaths || (event.status === 1 && !wasDead))) wrong.push(event)
          if (dies && event.status === 0) wrong.push(event)
          if (dies) dying.add(event)
          if (dies || event.status === 0) living.push(event)
          deaths = event.deathCount
          wasDead = event.status === 1
        }
      }
      expect(wrong).toEqual([])
      expectShare(living, event => dying.has(event), 0.01)
      const dead = list.filter(event => event.status === 1).length
      expect(dead).toBeGreaterThan(3 * dying.size)
      expect(dead).toBeLessThan(6 * dying.size)
    },
  )

  it('lets a player act every 9 s or so and plays matches of 20 to 60 minutes, one an hour', () => {
    const gaps = matches.flatMap(match =>
      match.slice(1).map((event, index) => Date.parse(event.datetime) - Date.parse(match[index]!.datetime)),
    )
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    expect(mean).toBeGreaterThan(9000)
    expect(mean).toBeLessThan(9600)
    const labels = [...Map.groupBy(truth, label => label.roomID).values()].map(own => own[0]!)
    expect(labels.length).toBe(40 * 3)
    const minutes = labels.map(label => (Date.parse(label.endedAt) - Date.parse(label.datetime)) / 60_000)
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(20)
    expect(Math.min(...minutes)).toBeLessThan(22)
    expect(Math.max(...minutes)).toBeLessThanOrEqual(60)
    expect(Math.max(...minutes)).toBeGreaterThan(57)
    const perHour = Map.groupBy(labels, label => label.datetime.slice(0, 13))
    expect([...perHour].map(([hour, own]) => [hour, own.length])).toEqual([
      ['2024-03-24T11', 40],
      ['2024-03-24T12', 40],
      ['2024-03-24T13', 40],
    ])
  })

  it('makes about 25,000 events in the default hour', () => {
    const counts = ['42', '1', '2', '3', '4', '5', '6', '7'].map(seed => eventsOf(simulate({ seed })).length)
    expect(counts[0]).toBeGreaterThan(24_000)
    expect(counts[0]).toBeLessThan(26_000)
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    expect(mean).toBeGreaterThan(23_000)
    expect(mean).toBeLessThan(28_000)
  })
})
