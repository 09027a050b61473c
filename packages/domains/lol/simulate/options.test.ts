import { ConfigError } from '@millrace/runtime'
import { loadGeneratorConfig } from '@millrace/simulation'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { simulation } from '../simulate.ts'
import { roomsOf } from './options.ts'

const problemsOf = (values: Record<string, string>): string => {
  try {
    simulation.parse(values)
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
}

describe('the options of the generator', () => {
  it('has the default scenario', () => {
    expect(simulation.parse({})).toMatchObject({
      profile: 'seed',
      players: 100,
      cheaters: { kind: 'champion', champion: 'Viktor' },
      start: Date.UTC(2024, 2, 24, 11),
      durationMs: 3_600_000,
      speed: 'max',
      shard: { index: 1, count: 1 },
      sink: { kind: 'stdout' },
    })
    expect(Object.isFrozen(simulation.parse({}))).toBe(true)
  })

  it('reads everything that can be given', () => {
    const options = simulation.parse({
      players: '35',
      seed: 'x',
      start: '2025-01-01T00:00:00+01:00',
      duration: 'forever',
      speed: '0.5',
      shard: '2/4',
      skip: '7',
      batch: '10',
      faults: 'dup=0.5',
      manifest: 'm',
      refused: 'r',
      ledger: 'l',
      cheaters: '.25',
      incarnation: 'i',
      sink: 'gateway',
      'gateway-url': 'https://example.org/base',
      'api-key': 'mr_secret',
      gzip: 'true',
      concurrency: '2',
    })
    expect(options).toMatchObject({
      players: 35,
      start: Date.UTC(2024, 11, 31, 23),
      durationMs: Number.POSITIVE_INFINITY,
      speed: 0.5,
      shard: { index: 2, count: 4 },
      skip: 7,
      batchRecords: 10,
      faults: { dup: 0.5, late: 0 },
      manifestFile: 'm',
      refusedFile: 'r',
      ledger: 'l',
      cheaters: { kind: 'share', share: 0.25 },
      incarnation: 'i',
      sink: { kind: 'gateway', url: 'https://example.org/base', gzip: true, concurrency: 2 },
    })
    expect(JSON.stringify(options)).not.toContain('mr_secret')
    expect(simulation.parse({ start: 'now' }).start).toBe('now')
    expect(simulation.parse({ sink: 'file', out: 'a' }).sink).toEqual({ kind: 'file', out: 'a' })
  })

  it.each([
    [{ playrs: '5' }, /^playrs is not known here. Did you mean players\?$/],
    [{ players: '0' }, /^players is "0": expected a whole number from 1 to 1000000.$/],
    [{ players: '1e3' }, /^players is "1e3": expected a whole number/],
    [{ players: '100', rooms: '5' }, /^rooms is 5: 100 players need at least 6 rooms, because .* there are 17.$/],
    [{ players: '3', rooms: '4' }, /^rooms is 4: at most one room per player, so 3.$/],
    [
      { profile: 'realistc' },
      /^profile is "realistc": did you mean realistic\? Expected one of seed, realistic.$|^profile is "realistc": expected one of seed, realistic.$/,
    ],
    [{ cheats: 'snap=0.1' }, /^cheats is for the profile realistic, but the profile is seed.$/],
    [{ paths: '16hz' }, /^paths is for the profile realistic, but the profile is seed.$/],
    [{ difficulty: 'easy' }, /^difficulty is for the profile realistic, but the profile is seed.$/],
    [{ profile: 'realistic', cheaters: '0.1' }, /^cheaters is for the profile seed, but the profile is realistic.$/],
    [
      { profile: 'realistic', cheats: 'snp=0.1' },
      /^cheats is "snp=0.1": "snp" is no kind of cheating. Did you mean snap\? Expected none or <kind>=<share>/,
    ],
    [{ profile: 'realistic', cheats: 'snap' }, /^cheats is "snap": snap is "": expected a share from 0 to 1.$/],
    [{ profile: 'realistic', cheats: 'snap=2' }, /snap is "2": expected a share from 0 to 1.$/],
    [{ profile: 'realistic', cheats: 'snap=.1,snap=.2' }, /snap is given twice.$/],
    [{ profile: 'realistic', cheats: 'snap=.6,jump=.6' }, /the shares add up to more than 1/],
    [{ profile: 'realistic', difficulty: 'medium' }, /^difficulty is "medium": expected one of easy, default, hard.$/],
    [
      { profile: 'realistic', paths: '16' },
      /^paths is "16": expected a sampling rate from 8hz to 64hz, such as 16hz.$/,
    ],
    [{ profile: 'realistic', paths: '65hz' }, /^paths is "65hz": expected a sampling rate/],
    [
      { cheaters: 'Vikor' },
      /^cheaters is "Vikor": did you mean Viktor\? Expected none, a share such as 0.05, or one of Azir/,
    ],
    [{ cheaters: '1.5' }, /^cheaters is "1.5": a share is from 0 to 1.$/],
    [{ speed: '0' }, /^speed is "0": expected max or a number above 0/],
    [{ speed: '-1' }, /^speed is "-1": expected max/],
    [{ duration: '60' }, /^duration is "60": expected a time such as 90s, 60m or 2h, or forever.$/],
    [{ duration: '0s' }, /^duration is "0s": expected a time/],
    [{ start: 'yesterday' }, /^start is "yesterday": expected now or an instant/],
    [{ start: '2024' }, /^start is "2024": expected now or an instant/],
    [{ start: '2024-02-30T00:00:00Z' }, /^start is .*: expected now or an instant/],
    [{ shard: '0/4' }, /^shard is "0\/4": expected <i>\/<n>/],
    [{ shard: '5/4' }, /^shard is "5\/4": expected <i>\/<n>/],
    [{ shard: '1/11' }, /^shard is 1\/11, but 10 rooms make at most 10 parts.$/],
    [{ batch: '10001' }, /^batch is "10001": expected a whole number from 1 to 10000.$/],
    [{ faults: 'dup=2' }, /^faults is "dup=2": dup is "2": expected a share/],
    [{ manifest: 'm' }, /^manifest has nothing to list/],
    [{ sink: 'kafak' }, /^sink is "kafak": expected one of gateway, kafka, file, stdout.$/],
    [{ sink: 'gateway' }, /^api-key is missing: the sink gateway needs one/],
    [
      { sink: 'gateway', 'api-key': 'a\nb' },
      /^api-key is \[redacted\]: expected a key, without spaces or line breaks.$/,
    ],
    [
      { sink: 'gateway', 'api-key': 'k', 'gateway-url': 'localhost:80' },
      /^gateway-url is "localhost:80": expected an address/,
    ],
    [{ sink: 'file' }, /^out is missing/],
    [{ out: 'x' }, /^out is for the sink file, but the sink is stdout.$/],
    [{ gzip: 'yes', sink: 'gateway', 'api-key': 'k' }, /^gzip is "yes": expected true or false.$/],
  ])('says what is wrong with %j', (values, message) => {
    expect(problemsOf(values as Record<string, string>)).toMatch(message)
  })

  it('reports everything at once', () => {
    expect(problemsOf({ players: 'x', speed: 'x', sink: 'x', foo: 'x' }).split('\n').length).toBe(4)
    expect(problemsOf({ rooms: '0', speed: '', sink: 'file', manifest: 'm' }).split('\n')).toEqual([
      'speed is "": expected max or a number above 0, such as 1 or 60.',
      'rooms is "0": expected a whole number from 1 to 1000000.',
      'out is missing: the sink file needs to know where to write.',
      'manifest has nothing to list: it needs faults as well.',
    ])
  })

  it('does not compare options that could not be read', () => {
    expect(problemsOf({ rooms: 'x', shard: '1/99' })).toMatch(/^rooms is "x": .*$/)
    expect(problemsOf({ manifest: 'm', faults: 'dup=2' })).toMatch(/^faults is "dup=2": .*$/)
    expect(problemsOf({ sink: 'gateway', 'api-key': '' })).toBe(
      'api-key is [redacted]: expected a text that is not empty.',
    )
  })

  it('of the realistic profile are read, with a share of each cheat unless others are given', () => {
    const { cheats, difficulty, paths } = simulation.parse({ profile: 'realistic' })
    expect(cheats).toEqual({ jump: 0.02, snap: 0.02, macro: 0.02, rate: 0.02, clock: 0.02, assist: 0.02 })
    expect([difficulty, paths]).toEqual(['default', undefined])
    const given = { profile: 'realistic', cheats: 'snap=.1,rate=0', difficulty: 'hard', paths: '60hz' }
    expect(simulation.parse(given)).toMatchObject({ cheats: { snap: 0.1, rate: 0 }, difficulty: 'hard', paths: 60 })
    expect(simulation.parse({ profile: 'realistic', cheats: 'none' }).cheats).toEqual({})
  })

  it('plays in rooms of ten unless their number is given', () => {
    expect(roomsOf(simulation.parse({}))).toBe(10)
    expect(roomsOf(simulation.parse({ players: '35' }))).toBe(4)
    expect(roomsOf(simulation.parse({ players: '35', rooms: '7' }))).toBe(7)
  })

  it('can say of every option what it is for, and reads every default', () => {
    const { properties } = z.toJSONSchema(z.object(simulation.optionShape), { io: 'input' })
    for (const [name, option] of Object.entries(properties ?? {})) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(option).toMatchObject({ form: expect.stringMatching(/./), description: expect.stringMatching(/.{10}/) })
    }
  })
})

describe('the environment', () => {
  it('is read by the same rules', () => {
    const { options, service } = loadGeneratorConfig(simulation, {
      MILLRACE_PLAYERS: '20',
      MILLRACE_GATEWAY_URL: 'http://gateway:8080',
      MILLRACE_SINK: 'gateway',
      MILLRACE_API_KEY: 'mr_a_b',
      MILLRACE_ADMIN_PORT: '0',
      PATH: '/bin',
    })
    expect(options).toMatchObject({ players: 20, sink: { url: 'http://gateway:8080' } })
    expect(service.ADMIN_PORT).toBe(0)
  })

  it('reports options, settings and unknown names together and under their own names', () => {
    const load = () =>
      loadGeneratorConfig(simulation, {
        MILLRACE_PLAYERS: '-',
        MILLRACE_LOG_LEVEL: 'loud',
        MILLRACE_PLAYRS: '1',
        MILLRACE_SPEED: '',
      })
    expect(load).toThrow(/MILLRACE_PLAYERS is "-": expected a whole number/)
    expect(load).toThrow(/MILLRACE_LOG_LEVEL is "loud"/)
    expect(load).toThrow(/MILLRACE_PLAYRS is not known here. Did you mean MILLRACE_PLAYERS\?/)
    expect(load).toThrow(/MILLRACE_SPEED is ""/)
    expect(load).toThrow(/has 4 problems/)
  })

  it('wants brokers for the sink kafka only', () => {
    expect(() => loadGeneratorConfig(simulation, { MILLRACE_SINK: 'kafka' })).toThrow(
      /MILLRACE_KAFKA_BROKERS is missing/,
    )
    expect(() =>
      loadGeneratorConfig(simulation, { MILLRACE_SINK: 'kafka', MILLRACE_KAFKA_BROKERS: 'a:1' }),
    ).not.toThrow()
  })
})

describe('the dials of the cheats', () => {
  it('take the place of those of the difficulty', () => {
    expect(simulation.parse({ profile: 'realistic', dials: 'share=0.1,alpha=.9' })).toMatchObject({
      dials: { share: 0.1, alpha: 0.9 },
    })
  })

  it.each([
    ['sahre=0.1', '"sahre" is no dial. Did you mean share? Expected <dial>=<number>'],
    ['share', 'share is "": expected a number from 0.01 to 1'],
    ['share=0.1,share=0.2', 'share is given twice'],
    ['rate=500', 'rate is "500": expected a number from 1 to 50'],
  ])('are refused as %s', (dials, problem) => expect(problemsOf({ profile: 'realistic', dials })).toContain(problem))
})

describe('a demo', () => {
  it('shows every kind that the model knows, unless it is of the other profile', () => {
    expect(simulation.demo!({})).toMatchObject({ profile: 'realistic', paths: '16hz' })
    expect(() => simulation.parse(simulation.demo!({}))).not.toThrow()
    expect(simulation.demo!({ profile: 'seed' })).toEqual({})
    expect(simulation.demo!({ cheaters: '0.1' })).toEqual({})
  })
})
