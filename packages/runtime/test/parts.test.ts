import { describe, expect, it } from 'vitest'
import { CodedError, createLogger, errorFactory, isRetryable, ManualClock, nearest, systemClock } from '../src/index.ts'

describe('a coded error', () => {
  const table = {
    away: { message: '{what} is away', retryable: true, kind: 'infrastructure' },
    bad: { message: 'bad', retryable: false, kind: 'input' },
  } as const
  const error = errorFactory('TestError', table)

  it('fills its message and keeps its cause', () => {
    const cause = new Error('ECONNREFUSED')
    const thrown = error('away', { what: 'Cassandra' }, cause)
    expect(thrown).toBeInstanceOf(CodedError)
    expect(thrown).toMatchObject({
      name: 'TestError',
      code: 'away',
      message: 'Cassandra is away',
      retryable: true,
      kind: 'infrastructure',
      cause,
    })
  })

  it('is retryable only where the table says so; unknown errors are not', () => {
    expect([error('away'), error('bad'), new Error('x'), 'x'].map(isRetryable)).toEqual([true, false, false, false])
  })
})

describe('a suggestion', () => {
  it.each([
    ['recncile', 'reconcile'],
    ['GENERATE', 'generate'],
    ['xyz', undefined],
  ])('for %s is %s', (given, expected) => expect(nearest(given, ['reconcile', 'generate', 'demo'])).toBe(expected))
})

describe('clocks', () => {
  it('wake sleepers in order of their times when moved by hand', async () => {
    const clock = new ManualClock(0)
    const woken: [string, number][] = []
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms)
      woken.push([name, clock.now()])
    }
    const all = [sleeper('b', 20), sleeper('a', 10), sleeper('c', 30)]
    await clock.advance(25)
    expect(woken).toEqual([
      ['a', 10],
      ['b', 20],
    ])
    await clock.advance(5)
    await Promise.all(all)
    expect(woken.at(-1)).toEqual(['c', 30])
  })

  it.each([new ManualClock(), systemClock])('end a sleep with the reason of its signal', async clock => {
    const abort = new AbortController()
    const sleep = clock.sleep(1_000_000, abort.signal)
    abort.abort(new Error('enough'))
    await expect(sleep).rejects.toThrow('enough')
  })
})

describe('the logger', () => {
  it('writes one JSON line per event and redacts credentials', () => {
    const lines: string[] = []
    const logger = createLogger('curator', { destination: { write: line => void lines.push(line) } })
    logger.warn({ authorization: 'Bearer x1', config: { password: 'x2' }, topic: 'lol.raw' }, 'slow_batch')
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'warn',
      service: 'curator',
      event: 'slow_batch',
      topic: 'lol.raw',
      authorization: '[redacted]',
      config: { password: '[redacted]' },
    })
    expect(lines.join()).not.toMatch(/x1|x2/)
  })
})
