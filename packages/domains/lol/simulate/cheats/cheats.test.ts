import { describe, expect, it } from 'vitest'
import type { Approach } from '../../approach.ts'
import { eventsOf, simulate, truthOf } from '../population.ts'
import { CHEAT_KINDS, type CheatKind } from './kinds.ts'

type Event = ReturnType<typeof eventsOf>[number] & { readonly path?: Approach }

const realistic = (values: Readonly<Record<string, string>>) =>
  simulate({ profile: 'realistic', paths: '16hz', ...values })

const compared = new Map<CheatKind, ReturnType<typeof comparisonOf>>()
/** The same players with one kind of cheating of the default level and without it. */
function compare(kind: CheatKind): ReturnType<typeof comparisonOf> {
  const comparison = compared.get(kind) ?? comparisonOf(kind)
  compared.set(kind, comparison)
  return comparison
}

function comparisonOf(kind: CheatKind) {
  const base = { players: '10', duration: '11m', seed: kind }
  const records = realistic({ ...base, cheats: `${kind}=0.4` })
  const cheating = eventsOf(records) as Event[]
  const honest = new Map((eventsOf(realistic({ ...base, cheats: 'none' })) as Event[]).map(e => [e.eventId, e]))
  const truth = truthOf(records)
  const of = (wanted: string) => truth.filter(label => label.kind === wanted)
  const altered = new Set(of('action').map(label => String(label.actionId)))
  return { records, cheating, honest, truth, altered, actions: of('action'), episodes: of('episode') }
}

describe.each(CHEAT_KINDS)('the truth of %s', kind => {
  const { records, cheating, honest, truth, altered, actions, episodes } = compare(kind)

  it('covers exactly the actions that differ from honest play', () => {
    const seen = new Set<string>()
    for (const event of cheating) {
      seen.add(event.eventId)
      const before = honest.get(event.eventId)
      const isOther = before === undefined || JSON.stringify(before) !== JSON.stringify(event)
      // A snap or a jump may leave an approach as it is that was straight, or of which too few samples arrived.
      const mayBeSame = kind === 'snap' || kind === 'jump' || kind === 'assist'
      if (isOther ? !altered.has(event.eventId) : altered.has(event.eventId) && !mayBeSame)
        expect(event).toBe('labelled')
    }
    expect([...honest.keys()].every(id => seen.has(id))).toBe(true)
    expect([...altered].every(id => seen.has(id))).toBe(true)
    const differing = cheating.filter(e => JSON.stringify(honest.get(e.eventId)) !== JSON.stringify(e)).length
    expect(differing).toBeGreaterThan(50)
    expect(differing).toBeGreaterThan(0.9 * altered.size)
  })

  it('has a record of each action right after it, within an episode that is told at its end', () => {
    const byId = new Map(cheating.map(event => [event.eventId, event]))
    const last = new Map<string, string>()
    for (const { topic, key, eventId, value, atMs } of records) {
      if (topic === 'lol.raw') last.set(key, eventId)
      else {
        const label = JSON.parse(value)
        if (label.kind === 'action' && label.actionId !== last.get(key)) expect(label).toBe('after its action')
        if (label.kind === 'episode' && Date.parse(label.endedAt) !== atMs) expect(label).toBe('at its end')
      }
    }
    for (const label of actions) {
      const event = byId.get(String(label.actionId))!
      expect([label.datetime, label.endedAt, label.account]).toEqual([event.datetime, event.datetime, event.account])
      const own = episodes.filter(episode => episode.account === label.account)
      expect(own.some(e => e.datetime <= label.datetime && label.datetime <= e.endedAt)).toBe(true)
    }
    expect(episodes.length).toBeGreaterThan(4)
    for (const { datetime, endedAt } of episodes) {
      const minutes = (Date.parse(endedAt) - Date.parse(datetime)) / 60_000
      expect(minutes).toBeLessThanOrEqual(6)
    }
  })

  it('names the kind, and calls nobody else a cheater', () => {
    const cheaters = new Set(actions.map(label => label.account))
    expect(cheaters.size).toBe(4)
    for (const label of truth) {
      const isCheater = cheaters.has(label.account)
      expect([label.cheater, label.cheat]).toEqual([isCheater, isCheater ? kind : null])
      expect('actionId' in label).toBe(label.kind === 'action')
    }
  })
})

const gapsOf = (events: readonly Event[]): number[] =>
  events.slice(1).map((event, index) => Date.parse(event.datetime) - Date.parse(events[index]!.datetime))
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

describe('a cheat of the default level', () => {
  it('adds clicks at nine a second, and even presses of one key', () => {
    const rate = compare('rate')
    const clicks = rate.cheating.filter(event => rate.altered.has(event.eventId))
    const perPlayer = [...Map.groupBy(clicks, event => event.account).values()]
    const rateGap = median(perPlayer.flatMap(gapsOf))
    expect(rateGap).toBeGreaterThan(95)
    expect(rateGap).toBeLessThan(127)
    const macro = compare('macro')
    const presses = macro.cheating.filter(event => macro.altered.has(event.eventId))
    for (const own of Map.groupBy(presses, event => event.account).values()) {
      expect(new Set(own.map(event => event.inputkey)).size).toBe(1)
      const ratios = gapsOf(own)
        .map((gap, index, gaps) => gap / (gaps[index - 1] ?? Number.NaN))
        .filter(ratio => ratio > 0.7 && ratio < 1.4)
      const spread = Math.sqrt(ratios.reduce((sum, ratio) => sum + Math.log(ratio) ** 2, 0) / ratios.length / 2)
      expect(spread).toBeGreaterThan(0.03)
      expect(spread).toBeLessThan(0.05)
    }
  })

  it('lets the game time run half as fast again as the clock, and only during an episode', () => {
    const { cheating, altered, episodes } = compare('clock')
    const startOf = (label: { datetime: string }) => Date.parse(label.datetime)
    for (const event of cheating) {
      const [minutes, seconds] = event.ingametime.split(':').map(Number)
      const gameMs = (60 * minutes! + seconds!) * 1000
      const at = Date.parse(event.datetime)
      const episode = altered.has(event.eventId)
        ? episodes.find(e => e.account === event.account && startOf(e) <= at && at <= Date.parse(e.endedAt))
        : undefined
      const expected = at - Date.parse(event.createRoomDate) + (episode ? 0.5 * (at - startOf(episode)) : 0)
      expect(Math.abs(gameMs - expected)).toBeLessThanOrEqual(1002)
    }
  })

  it('alters about a quarter of the actions with a way, by a jump also their place', () => {
    for (const kind of ['snap', 'jump', 'assist'] as const) {
      const { cheating, honest, altered, episodes } = compare(kind)
      const inEpisodes = cheating.filter(event =>
        episodes.some(e => e.account === event.account && e.datetime <= event.datetime && event.datetime < e.endedAt),
      )
      const share = altered.size / inEpisodes.length
      expect(share).toBeGreaterThan(0.12)
      expect(share).toBeLessThan(0.27)
      const moved = cheating
        .filter(e => altered.has(e.eventId))
        .filter(e => {
          const before = honest.get(e.eventId)!
          return before.x !== e.x || before.y !== e.y
        })
      if (kind !== 'jump') expect(moved).toEqual([])
      else {
        expect(moved.length / altered.size).toBeGreaterThan(0.35)
        expect(moved.length / altered.size).toBeLessThan(0.6)
      }
    }
  })

  it('alters more at an easy level and less at a hard one', () => {
    const counts = (['easy', 'default', 'hard'] as const).map(difficulty => {
      const truth = truthOf(realistic({ players: '10', duration: '6m', cheats: 'snap=1', difficulty }))
      return truth.filter(label => label.kind === 'action').length
    })
    expect(counts[0]).toBeGreaterThan(1.6 * counts[1]!)
    expect(counts[1]).toBeGreaterThan(1.8 * counts[2]!)
  })
})

it('of stated shares chooses exactly that many players of each kind, the same in all shards', () => {
  const values = { players: '40', rooms: '4', duration: '5m', cheats: 'jump=0.05,snap=0.1,clock=0.2,assist=0.15' }
  const truth = truthOf([1, 2].flatMap(index => realistic({ ...values, shard: `${index}/2` })))
  const cheats = new Map(truth.filter(label => label.kind === 'player-match').map(l => [l.account, l.cheat]))
  const counts = Map.groupBy(cheats.values(), cheat => cheat)
  expect(cheats.size).toBe(40)
  const sizes = Object.fromEntries([...counts].map(([kind, own]) => [String(kind), own.length]))
  expect(sizes).toEqual({ null: 20, jump: 2, snap: 4, clock: 8, assist: 6 })
})

describe('approaches', () => {
  it.each(['8hz', '16hz', '64hz'])('at %s lead to the place of the action', paths => {
    const events = eventsOf(realistic({ players: '10', duration: '4m', cheats: 'none', paths })) as Event[]
    const apart: number[] = []
    for (const own of Map.groupBy(events, event => event.account).values())
      for (const [index, event] of own.entries()) {
        const { path } = event
        const before = own[index - 1]
        if (!path || !before?.path || event.method === '/wait') continue
        const times = path.map(([ms]) => ms)
        expect(times.every((ms, at) => Number.isInteger(ms) && ms >= 0 && (at === 0 || ms < times[at - 1]!))).toBe(true)
        expect(path.length).toBeLessThanOrEqual(32)
        const gap = Date.parse(event.datetime) - Date.parse(before.datetime)
        const at = path.find(([ms]) => Math.abs(ms - gap) <= 3)
        if (at) apart.push(Math.hypot(event.x + at[1] - before.x, event.y + at[2] - before.y))
      }
    expect(apart.length).toBeGreaterThan(20)
    expect(median(apart)).toBeLessThan(3)
  })

  it('are as many samples as the rate says, less lost ones and those of slow clients', () => {
    const events = eventsOf(realistic({ players: '60', duration: '90s', cheats: 'none' })) as Event[]
    const moves = events.filter(event => event.method !== '/wait')
    const sizes = moves.map(event => event.path?.length ?? 0)
    expect(Math.max(...sizes)).toBe(8)
    const full = sizes.filter(size => size === 8).length / sizes.length
    expect(full).toBeGreaterThan(0.8)
    expect(full).toBeLessThan(0.99)
  })
})
