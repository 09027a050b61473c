import { defineTopic, instantField, keyField } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { createLogger, Registry } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createKeyedMetrics, createKeyedProcessor, deadLetter, drop, type KeyedProcessorOptions, ok } from './index.ts'
import { encodeRestartPoint } from './progress.ts'

const scores = defineTopic({
  name: 'test.scores',
  schema: z.looseObject({}),
  keyOf: keyField('key'),
  eventTimeMs: instantField('datetime'),
  why: 'What the processor publishes.',
})

const NOW_MS = Date.UTC(2025, 0, 1)

interface Event {
  readonly id: string
  readonly atMs: number
}

const recordAt = (offset: number, text: string, timestampMs = NOW_MS): LogRecord => ({
  topic: 'test.raw',
  partition: 3,
  offset,
  key: Buffer.from('ann'),
  value: Buffer.from(text),
  timestampMs,
})

const assignment = (more: Partial<Assignment> = {}): Assignment => ({
  topic: 'test.raw',
  partition: 3,
  epoch: 1,
  committed: null,
  earliest: 0,
  end: 100,
  ...more,
})

/** Counts per key; values are `<id> [seconds after NOW]`, or the name of what a step may answer. */
const counting = (more: Partial<KeyedProcessorOptions<Event, { count: number }>> = {}) =>
  createKeyedProcessor<Event, { count: number }>({
    service: 'counting',
    decode: (_, record) => {
      const [id = '', seconds = '0'] = record.value.toString().split(' ')
      if (id === 'bad') return deadLetter('bad', 'it is bad')
      if (id === 'skip') return drop('boring')
      return ok({ id, atMs: NOW_MS + Number(seconds) * 1_000 })
    },
    keyOf: () => 'ann',
    idOf: ({ id }) => id,
    eventTimeOf: ({ atMs }) => atMs,
    horizonMs: 60_000,
    allowedLatenessMs: 10_000,
    newState: () => ({ count: 0 }),
    onRecord(state, { id }, { emitBytes, disposition }) {
      if (id === 'worse') return deadLetter('worse', 'it is worse', { sourceEventId: id })
      state.count++
      emitBytes(scores, Buffer.from(`${id} ${state.count} ${disposition}`))
      return undefined
    },
    ...more,
  })

const shown = (result: Awaited<ReturnType<ReturnType<typeof counting>['process']>>) => ({
  emits: result.emits.map(({ topic, value }) => `${topic} ${value}`),
  failed: result.failed.map(({ record, reason }) => `${record.offset} ${reason.code}`),
  done: result.done,
})

describe('a keyed processor', () => {
  it('gives every kind of answer its way', async () => {
    const processor = counting()
    expect(await processor.open(assignment())).toEqual({ readFrom: 0, publishFrom: 0 })
    const values = ['a 20', 'bad', 'b 5', 'skip', 'a 20', 'worse 30', 'c 30', 'd 999999']
    const result = await processor.process(values.map((value, offset) => recordAt(offset, value)))
    expect(shown(result)).toEqual({
      emits: [
        'test.scores a 1 on-time',
        'test.scores b 2 late',
        'test.scores c 3 on-time',
        'test.scores d 1 implausible',
      ],
      failed: ['1 bad', '5 worse'],
      done: 8,
    })
  })

  it('counts them, once', async () => {
    const metrics = createKeyedMetrics('counting', new Registry())
    const processor = counting({ metrics })
    await processor.open(
      assignment({
        committed: {
          offset: 2,
          metadata: encodeRestartPoint({ stateFrom: 0, progress: { watermarkMs: NOW_MS, sentMs: NOW_MS } }),
        },
      }),
    )
    await processor.process([recordAt(0, 'a 20'), recordAt(1, 'a 20')])
    await processor.process(['a 20', 'b 5', 'skip', 'd 999999'].map((value, n) => recordAt(2 + n, value)))
    const of = async (name: 'late' | 'duplicates' | 'implausibleTimes' | 'refused' | 'dropped' | 'keys' | 'rewind') =>
      (await metrics[name].get()).values.map(({ value }) => value)
    expect([await of('late'), await of('duplicates'), await of('implausibleTimes'), await of('dropped')]).toEqual([
      [1],
      [1],
      [1],
      [1],
    ])
    expect([await of('refused'), await of('keys'), await of('rewind')]).toEqual([[0], [1], [6]])
  })

  it('frees the keys and ids that are older than the horizon, and then reads less again', async () => {
    const metrics = createKeyedMetrics('counting', new Registry())
    const processor = counting({ metrics, sweepEvery: 10, keyOf: ({ id }) => `player of ${id}` })
    await processor.open(assignment())
    const most = { keys: 0, eventIds: 0, rewind: 0 }
    for (let offset = 0; offset < 2_000; offset++) {
      await processor.process([recordAt(offset, `e${offset} ${offset}`, NOW_MS + offset * 1_000)])
      for (const name of ['keys', 'eventIds', 'rewind'] as const)
        most[name] = Math.max(most[name], (await metrics[name].get()).values[0]!.value)
    }
    // A record a second: 70 s of horizon and lateness; a bucket of ids and the time between two passes come on top.
    for (const count of Object.values(most)) {
      expect(count).toBeGreaterThanOrEqual(70)
      expect(count).toBeLessThan(250)
    }
  })

  it('reads again from where its state began, and publishes only what was not', async () => {
    const first = counting()
    await first.open(assignment())
    const records = Array.from({ length: 6 }, (_, offset) => recordAt(offset, `e${offset} ${offset}`))
    const { done, metadata } = await first.process(records.slice(0, 4))

    const second = counting()
    const opened = await second.open(assignment({ committed: { offset: done!, metadata: metadata! } }))
    expect(opened).toEqual({ readFrom: 0, publishFrom: 4 })
    expect(shown(await second.process(records.slice(0, 4))).emits).toEqual([])
    expect(shown(await second.process(records.slice(4))).emits).toEqual([
      'test.scores e4 5 on-time',
      'test.scores e5 6 on-time',
    ])
  })

  it.each([
    ['without one it begins at the first record that is stored', { earliest: 5 }, [5, 5]],
    ['a position set by hand is kept, with empty state', { committed: { offset: 40, metadata: '' } }, [40, 40]],
    ['a text of another version too', { committed: { offset: 40, metadata: 'k9 1 2 3' } }, [40, 40]],
    ['what retention took is not read', { earliest: 20, committed: { offset: 40, metadata: 'k1 7 1 1' } }, [20, 40]],
    ['nor published', { earliest: 50, committed: { offset: 40, metadata: 'k1 7 1 1' } }, [50, 50]],
    [
      'a state that would begin after the position does not skip it',
      { committed: { offset: 40, metadata: 'k1 70 1 1' } },
      [40, 40],
    ],
  ])('finds its way from the committed position: %s', async (_, more, [readFrom, publishFrom]) => {
    expect(await counting().open(assignment(more))).toEqual({ readFrom, publishFrom })
  })

  it('logs once that there are too many keys, and again after that was over', async () => {
    const lines: string[] = []
    const logger = createLogger('counting', { destination: { write: line => void lines.push(JSON.parse(line).event) } })
    let offset = 0
    const processor = counting({ maxKeys: 1, logger, keyOf: ({ id }) => id.slice(0, 1) })
    await processor.open(assignment())
    const process = async (...values: string[]) =>
      shown(await processor.process(values.map(value => recordAt(offset++, value))))
    await process('a1')
    expect((await process('b1', 'a2')).emits).toEqual(['test.scores b1 1 refused', 'test.scores a2 2 on-time'])
    await process('b2')
    await process('a3')
    await process('b3')
    expect(lines).toEqual(['too_many_keys', 'too_many_keys'])
  })
})
