import { createHash } from 'node:crypto'
import { canonicalJson, readWire } from '@millrace/contracts'
import { compareRecords, type SimulatedRecord } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { lol, lolRaw } from '../../contract.ts'
import { eventsOf, simulate, truthOf } from '../population.ts'

const FAULTS = 'dup=0.02,late=0.02,out-of-order=0.02,malformed=0.02,missing-field=0.02,burst=0.002'
const realistic = (values: Readonly<Record<string, string>> = {}): SimulatedRecord[] =>
  simulate({ profile: 'realistic', ...values })
const digest = (records: readonly SimulatedRecord[]): string => {
  const hash = createHash('sha256')
  for (const { value, fault } of records) hash.update(`${value}\n${JSON.stringify(fault)}\n`)
  return hash.digest('hex')
}

describe('the stream of the realistic profile', () => {
  it('has the same bytes for the same seed, today and in the next version', () => {
    const values = { players: '20', duration: '3m', faults: FAULTS, paths: '16hz', cheats: 'snap=0.2,rate=0.2' }
    const records = realistic(values)
    expect(digest(realistic(values))).toBe(digest(records))
    // Changing this digest changes the data of everybody's seeds.
    expect(digest(records)).toBe('fc21f1c0d16831f101c0b8ff24c6a1c3127ced7f8541b018d5c4f43f5945eb23')
    expect(digest(realistic({ ...values, seed: '43' }))).not.toBe(digest(records))
  })

  it.each([undefined, FAULTS])('is the same merged from three shards as whole (faults: %s)', faults => {
    const values = { players: '23', rooms: '4', duration: '4m', paths: '16hz', ...(faults ? { faults } : {}) }
    const whole = realistic(values)
    const shards = [1, 2, 3].map(index => realistic({ ...values, shard: `${index}/3` }))
    const merged = shards.flat().toSorted(compareRecords)
    expect(merged.length).toBe(whole.length)
    expect(digest(merged)).toBe(digest(whole))
  })

  it('is in the order of sending, and numbers the records of a player without a gap', () => {
    const records = realistic({ players: '20', duration: '6m', cheats: 'jump=0.3,macro=0.3,clock=0.3' })
    const next = new Map<number, number>()
    for (const [index, record] of records.entries()) {
      if (index > 0 && compareRecords(records[index - 1]!, record) >= 0) expect(record).toBe('in order')
      if (record.sequence !== (next.get(record.actor) ?? 0)) expect(record).toBe('next')
      next.set(record.actor, record.sequence + 1)
    }
    expect(new Set(records.map(record => record.eventId)).size).toBe(records.length)
  })

  it('is canonical: the gateway has nothing to change in it', () => {
    const cheats = 'jump=0.2,snap=0.2,clock=0.2,rate=0.2,assist=0.2'
    for (const { topic, value, eventId, key } of realistic({ players: '10', duration: '5m', cheats, paths: '64hz' })) {
      const parsed = JSON.parse(value) as Record<string, unknown>
      const contract = topic === 'lol.raw' ? lol.topics.raw : lol.topics.truth
      const result = contract.schema.safeParse(readWire(parsed, contract.wire))
      if (!result.success || JSON.stringify(parsed) !== value) expect(value).toBe('canonical')
      expect(canonicalJson(contract, result.data ?? {})).toBe(canonicalJson(contract, parsed))
      if (parsed.eventId !== eventId || parsed.account !== key) expect(value).toBe('labelled')
      if (Buffer.byteLength(value) > 1024) expect(value).toBe('below 1 kB')
    }
  })

  it('plays the same with approaches and without', () => {
    const values = { players: '10', duration: '5m', cheats: 'rate=0.3,snap=0.3' }
    const withPaths = realistic({ ...values, paths: '16hz' }).map(({ value }) => {
      const { path: _, ...rest } = JSON.parse(value)
      return JSON.stringify(rest)
    })
    expect(withPaths).toEqual(realistic(values).map(({ value }) => value))
  })

  it('has the fields of the contract in every event, and of the label none', () => {
    for (const event of eventsOf(realistic({ players: '10', duration: '3m', cheats: 'rate=0.5' })))
      expect(Object.keys(event)).toEqual(Object.keys(lolRaw.shape).filter(name => name !== 'path'))
  })
})

describe('a player of the realistic profile', () => {
  const events = eventsOf(realistic({ players: '20', duration: '20m', cheats: 'none', seed: 'life' }))
  const matches = [...Map.groupBy(events, event => `${event.account} ${event.roomID}`).values()]

  it('clicks without a key, presses the keys of abilities, and waits at 0, 0', () => {
    expect(new Set(events.map(event => event.method))).toEqual(new Set(['/move', '/wait', '/getItem']))
    const keys = (method: string) => new Set(events.filter(e => e.method === method).map(event => event.inputkey))
    expect(keys('/move')).toEqual(new Set(['none', 'q', 'w', 'e', 'r', 'd', 'f']))
    expect(keys('/wait')).toEqual(new Set(['none']))
    for (const event of events) if (event.method === '/wait' && (event.x !== 0 || event.y !== 0)) expect(event).toBe(0)
    expect(events.every(event => Number.isInteger(event.x) && Number.isInteger(event.y))).toBe(true)
  })

  it('sends something at least every five seconds', () => {
    for (const match of matches)
      for (const [index, event] of match.entries()) {
        const before = Date.parse(match[index - 1]?.datetime ?? event.createRoomDate)
        if (Date.parse(event.datetime) - before > 5001) expect(event).toBe('in time')
      }
  })

  it('dies now and then, is dead for a while, and buys at most six items', () => {
    let deaths = 0
    for (const match of matches) {
      expect(match.filter(event => event.method === '/getItem').length).toBeLessThanOrEqual(6)
      for (const [index, event] of match.entries()) {
        const before = match[index - 1]?.deathCount ?? 0
        if (event.deathCount < before || event.deathCount > before + 1) expect(event).toBe('one more at most')
        if (event.deathCount === before + 1) expect(event.status).toBe(1)
      }
      deaths += match.at(-1)!.deathCount
    }
    const hours = (20 * 20) / 60
    expect(deaths / hours).toBeGreaterThan(6)
    expect(deaths / hours).toBeLessThan(25)
    const dead = events.filter(event => event.status === 1).length / events.length
    expect(dead).toBeGreaterThan(0.02)
    expect(dead).toBeLessThan(0.2)
  })

  it('shows the game time of the event time', () => {
    for (const event of events) {
      const [minutes, seconds] = event.ingametime.split(':').map(Number)
      const since = Date.parse(event.datetime) - Date.parse(event.createRoomDate)
      if (60 * minutes! + seconds! !== Math.floor(since / 1000)) expect(event).toBe('on time')
    }
  })

  it('gets one truth record a match, of the level of difficulty', () => {
    const records = realistic({ players: '10', duration: '4m', cheats: 'none', difficulty: 'hard' })
    const truth = truthOf(records)
    expect(truth.length).toBe(10)
    for (const label of truth)
      expect(label).toMatchObject({ kind: 'player-match', cheater: false, cheat: null, difficulty: 'hard' })
  })
})
