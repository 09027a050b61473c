import { createHash } from 'node:crypto'
import { canonicalJson, readWire } from '@millrace/contracts'
import { compareRecords, type SimulatedRecord } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { lol, lolChampions, lolRaw } from '../contract.ts'
import { eventsOf, simulate, truthOf } from './population.ts'

const FAULTS = 'dup=0.02,late=0.02,out-of-order=0.02,malformed=0.02,missing-field=0.02,burst=0.002'
const digest = (records: readonly SimulatedRecord[]): string => {
  const hash = createHash('sha256')
  for (const { value, fault } of records) hash.update(`${value}\n${JSON.stringify(fault)}\n`)
  return hash.digest('hex')
}

/** Fields that records of the seed profile do not have. */
const ABSENT = new Set(['path', 'actionId', 'difficulty'])
const writtenFields = (shape: object): string[] => Object.keys(shape).filter(field => !ABSENT.has(field))

describe('the stream of records', () => {
  it('has the same bytes for the same seed, today and in the next version', () => {
    const records = simulate({ duration: '10m', faults: FAULTS })
    expect(digest(simulate({ duration: '10m', faults: FAULTS }))).toBe(digest(records))
    // Changing this digest changes the data of everybody's seeds.
    expect(digest(records)).toBe('b5043483373002337ade6e2fea5899b732d8b57110a9c22260bf59e3467f918c')
    expect(digest(simulate({ duration: '10m', faults: FAULTS, seed: '43' }))).not.toBe(digest(records))
  })

  it.each([undefined, FAULTS])('is the same merged from four shards as whole (faults: %s)', faults => {
    const values = { players: '130', rooms: '11', duration: '90m', ...(faults ? { faults } : {}) }
    const whole = simulate(values)
    const shards = [1, 2, 3, 4].map(index => simulate({ ...values, shard: `${index}/4` }))
    expect(shards.every(shard => shard.length > 0)).toBe(true)
    const merged = shards.flat().toSorted(compareRecords)
    expect(merged.length).toBe(whole.length)
    expect(digest(merged)).toBe(digest(whole))
    const players = shards.map(shard => new Set(shard.map(record => record.key)))
    expect(players.reduce((sum, own) => sum + own.size, 0)).toBe(130)
  })

  it('gives the same players other matches in another incarnation', () => {
    const first = simulate({ duration: '5m' })
    const second = simulate({ duration: '5m', incarnation: '2' })
    const seen = new Set(first.map(record => record.eventId))
    expect(second.some(record => seen.has(record.eventId))).toBe(false)
    const addresses = (records: SimulatedRecord[]) => new Map(eventsOf(records).map(event => [event.account, event.ip]))
    const known = addresses(first)
    for (const [account, ip] of addresses(second)) expect(known.get(account) ?? ip).toBe(ip)
  })

  it('with start now begins now and never repeats an id of an earlier start', () => {
    const first = simulate({ duration: '5m', start: 'now' }, Date.UTC(2025, 0, 1))
    const second = simulate({ duration: '5m', start: 'now' }, Date.UTC(2025, 0, 2))
    expect(first[0]!.value).toContain('"datetime":"2025-01-01T00:00:0')
    const seen = new Set(first.map(record => record.eventId))
    expect(second.some(record => seen.has(record.eventId))).toBe(false)
  })

  it('is canonical: the gateway has nothing to change in it', () => {
    const records = simulate({ duration: '20m' })
    for (const { topic, value, eventId, key, atMs } of records) {
      const parsed = JSON.parse(value) as Record<string, unknown>
      const contract = topic === 'lol.raw' ? lol.topics.raw : lol.topics.truth
      const { schema } = contract
      const result = schema.safeParse(readWire(parsed, contract.wire))
      if (!result.success) throw new Error(`${value}: ${result.error.message}`)
      expect(JSON.stringify(parsed)).toBe(value)
      expect(Object.keys(parsed)).toEqual(writtenFields(schema.shape))
      expect(canonicalJson(contract, result.data)).toBe(canonicalJson(contract, parsed))
      expect([parsed.eventId, parsed.account]).toEqual([eventId, key])
      if (topic === 'lol.raw') expect(Date.parse(String(parsed.datetime))).toBe(atMs)
    }
  })

  it('never uses an id twice and keeps the game clock with the wall clock', () => {
    const records = simulate({ duration: '3h', players: '34', rooms: '2' })
    expect(new Set(records.map(record => record.eventId)).size).toBe(records.length)
    const events = eventsOf(records)
    expect(new Set(events.map(event => event.id)).size).toBe(events.length)
    for (const event of events) {
      const [minutes, seconds] = event.ingametime.split(':').map(Number)
      const sinceMs = Date.parse(event.datetime) - Date.parse(event.createRoomDate)
      if (60 * minutes! + seconds! !== Math.floor(sinceMs / 1000) || seconds! > 59) expect(event).toBe('on time')
    }
  })

  it('puts every player into one room at a time, with a champion that nobody else there has', () => {
    const events = eventsOf(simulate({ players: '119', rooms: '7', duration: '2h' }))
    const rooms = Map.groupBy(events, event => event.roomID)
    expect(rooms.size).toBe(14)
    for (const own of rooms.values()) {
      const champions = new Map(own.map(event => [event.account, event.champion]))
      expect(champions.size).toBe(17)
      expect(new Set(champions.values()).size).toBe(17)
      expect(new Set(own.map(event => event.champion))).toEqual(new Set(lolChampions.map(name => name.toLowerCase())))
    }
    for (const own of Map.groupBy(events, event => event.account).values()) {
      const visited = own.map(event => event.roomID)
      expect(visited).toEqual(visited.toSorted((a, b) => visited.indexOf(a) - visited.indexOf(b)))
    }
  })
})

describe('the truth', () => {
  it('is one record per player and match that had actions, sent at its end', () => {
    const records = simulate({ duration: '90m' })
    const events = eventsOf(records)
    const played = new Set(events.map(event => `${event.account} ${event.roomID}`))
    const truth = truthOf(records)
    expect(truth.map(label => `${label.account} ${label.roomID}`).sort()).toEqual([...played].sort())
    const startOf = new Map(events.map(event => [event.roomID, event.createRoomDate]))
    const championOf = new Map(events.map(event => [`${event.account} ${event.roomID}`, event.champion]))
    const last = new Map(events.map(event => [`${event.account} ${event.roomID}`, event.datetime]))
    for (const label of truth) {
      const key = `${label.account} ${label.roomID}`
      expect(label.datetime).toBe(startOf.get(label.roomID))
      expect(label.roomDay).toBe(label.datetime.slice(0, 10))
      expect(label.champion.toLowerCase()).toBe(championOf.get(key))
      expect(label.endedAt >= last.get(key)!).toBe(true)
      expect(label.endedAt <= '2024-03-24T12:30:00.000Z').toBe(true)
    }
    for (const record of records.filter(record => record.topic === 'lol.truth'))
      expect(new Date(record.atMs).toISOString()).toBe(JSON.parse(record.value).endedAt)
  })

  it('calls exactly those cheaters who play the stated champion, at most one a room', () => {
    for (const [cheaters, champion] of [
      [undefined, 'Viktor'],
      ['ahri', 'Ahri'],
      ['none', null],
    ] as const) {
      const truth = truthOf(simulate({ duration: '3h', ...(cheaters ? { cheaters } : {}) }))
      for (const label of truth) {
        expect(label.cheater).toBe(label.champion === champion)
        expect(label.cheat).toBe(label.cheater ? 'irregular-moves' : null)
      }
      const perRoom = [...Map.groupBy(truth, label => label.roomID).values()].map(
        room => room.filter(label => label.cheater).length,
      )
      expect(new Set(perRoom)).toEqual(new Set(champion ? [0, 1] : [0]))
    }
  })

  it.each([
    ['0', 0],
    ['0.07', 7],
    ['1', 100],
  ])(
    'of a share of %s calls exactly that many players cheaters, in all their matches and in every shard',
    (share, count) => {
      const values = { cheaters: share, duration: '2h' }
      const truth = truthOf([1, 2, 3].flatMap(index => simulate({ ...values, shard: `${index}/3` })))
      const byPlayer = Map.groupBy(truth, label => label.account)
      expect(byPlayer.size).toBe(100)
      expect([...byPlayer.values()].every(own => new Set(own.map(label => label.cheater)).size === 1)).toBe(true)
      expect([...byPlayer.values()].filter(own => own[0]!.cheater).length).toBe(count)
    },
  )

  it('leaks into no event: the same fields for everybody, and no label', () => {
    const events = eventsOf(simulate({ duration: '20m', cheaters: '0.5' }))
    for (const event of events) expect(Object.keys(event)).toEqual(writtenFields(lolRaw.shape))
  })
})
