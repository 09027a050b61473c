import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ConfigError, env, loadConfig, Secret } from '../src/index.ts'

const shape = {
  PORT: env.integer({ min: 1, max: 65_535 }),
  LINGER: env.duration().prefault('5ms'),
  BUDGET: env.bytes().prefault('64MiB'),
  FSYNC: env.boolean().prefault('false'),
  BROKERS: env.list().prefault('127.0.0.1:9092'),
  MODE: env.oneOf(['fast', 'safe']).prefault('safe'),
  PASSWORD: env.secret().optional(),
}

function problemsOf(variables: Record<string, string>): readonly string[] {
  try {
    loadConfig(variables, shape)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('no problem was found')
}

describe('configuration', () => {
  it('has its defaults and the given values, frozen', () => {
    const config = loadConfig(
      { MILLRACE_PORT: '8080', MILLRACE_LINGER: '2s', MILLRACE_BROKERS: 'a:1, b:2', OTHER: 'x' },
      shape,
    )
    expect(config).toMatchObject({
      PORT: 8080,
      LINGER: 2000,
      BUDGET: 64 * 2 ** 20,
      FSYNC: false,
      BROKERS: ['a:1', 'b:2'],
      MODE: 'safe',
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ])('reads the duration %s', (text, ms) => {
    expect(loadConfig({ MILLRACE_PORT: '1', MILLRACE_LINGER: text }, shape).LINGER).toBe(ms)
  })

  it.each([
    ['1048576', 1_048_576],
    ['512KiB', 524_288],
    ['64MiB', 67_108_864],
    ['2GiB', 2_147_483_648],
  ])('reads the size %s', (text, bytes) => {
    expect(loadConfig({ MILLRACE_PORT: '1', MILLRACE_BUDGET: text }, shape).BUDGET).toBe(bytes)
  })

  it('reports every problem at once: name, what was got, what was expected', () => {
    expect(
      problemsOf({
        MILLRACE_LINGER: '5',
        MILLRACE_FSYNC: 'yes',
        MILLRACE_BUDGET: 'much',
        MILLRACE_MODE: 'fats',
        MILLRACE_BROKERS: ' , ',
      }),
    ).toEqual([
      'MILLRACE_PORT is missing: a value is needed.',
      'MILLRACE_LINGER is "5": expected a duration such as 250ms, 30s, 5m, 2h or 7d.',
      'MILLRACE_BUDGET is "much": expected a size such as 1048576, 512KiB, 64MiB or 2GiB.',
      'MILLRACE_FSYNC is "yes": expected true or false.',
      'MILLRACE_BROKERS is " , ": expected one or more values, separated by commas.',
      'MILLRACE_MODE is "fats": expected one of fast, safe.',
    ])
  })

  it.each(['', ' ', '0', '65536', '1.5', '0x10', '1e3'])('does not take %j for a port', value => {
    expect(problemsOf({ MILLRACE_PORT: value })).toEqual([
      `MILLRACE_PORT is ${JSON.stringify(value)}: expected a whole number from 1 to 65535.`,
    ])
  })

  it('refuses unknown names with the prefix and suggests the right one', () => {
    expect(problemsOf({ MILLRACE_PORT: '1', MILLRACE_BROKRES: 'a:1' })).toEqual([
      'MILLRACE_BROKRES is not known here. Did you mean MILLRACE_BROKERS?',
    ])
    expect(problemsOf({ MILLRACE_PORT: '1', MILLRACE_COLOUR: 'red' })[0]).toContain('Known: MILLRACE_PORT')
    expect(loadConfig({ MILLRACE_PORT: '1', MILLRACE_COLOUR: undefined }, shape).PORT).toBe(1)
  })

  it('shows no secret, however it is printed', () => {
    const { PASSWORD } = loadConfig({ MILLRACE_PORT: '1', MILLRACE_PASSWORD: 'hunter2' }, shape)
    expect(PASSWORD).toBeInstanceOf(Secret)
    expect(PASSWORD?.reveal()).toBe('hunter2')
    expect(`${PASSWORD} ${JSON.stringify({ PASSWORD })} ${inspect(PASSWORD)} ${inspect({ PASSWORD })}`).not.toContain(
      'hunter2',
    )
    expect(problemsOf({ MILLRACE_PASSWORD: '' })).toContain(
      'MILLRACE_PASSWORD is [redacted]: expected a text that is not empty.',
    )
  })
})
