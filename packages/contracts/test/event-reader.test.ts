import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  defineTopic,
  epochMillisField,
  epochSecondsField,
  eventId,
  eventReaderOf,
  eventTimeOf,
  instant,
  instantField,
  keyField,
  RECEIVED_AT,
  recordTimeMs,
  type Topic,
} from '../src/index.ts'

const topicOf = <S extends z.ZodObject>(
  spec: Pick<Parameters<typeof defineTopic<S>>[0], 'schema' | 'keyOf' | 'eventTimeMs'>,
): Topic => defineTopic({ name: 'test.raw', why: 'Events of the tests.', ...spec })

const device = z.string().min(1).max(40)
const byDevice = keyField('device')
const plainText = fc.stringMatching(/^[ !#-[\]-~]{1,40}$/)
const seconds = fc.oneof(
  fc.integer({ min: 0, max: 4e9 }),
  fc.integer({ min: -1e12, max: 1e15 }).map(thousandths => thousandths / 1000),
)
const instants = fc
  .date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map(date => date.toISOString())
const optional = { requiredKeys: ['eventId', 'device'] } as { requiredKeys: ['eventId', 'device'] }

/** Topics whose key and time are fields, with events of theirs. */
const readable: [string, Topic, fc.Arbitrary<object>][] = [
  [
    'seconds in the last field',
    topicOf({
      schema: z.looseObject({ eventId, device, timestamp: z.number() }),
      keyOf: byDevice,
      eventTimeMs: epochSecondsField('timestamp'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText, timestamp: seconds }),
  ],
  [
    'whole seconds in the first field and a numeric key in the last one',
    topicOf({
      schema: z.looseObject({ timestamp: z.int(), eventId, cell: z.number() }),
      keyOf: keyField('cell'),
      eventTimeMs: epochSecondsField('timestamp'),
    }),
    fc.record({
      timestamp: fc.integer({ min: 0, max: 4e9 }),
      eventId: fc.uuid(),
      cell: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(-0)),
    }),
  ],
  [
    'milliseconds that are the only field besides the key, and no id',
    topicOf({
      schema: z.looseObject({ device, atMs: z.int() }),
      keyOf: byDevice,
      eventTimeMs: epochMillisField('atMs'),
    }),
    fc.record({ device: plainText, atMs: fc.integer({ min: -1e14, max: 1e14 }) }),
  ],
  [
    'seconds that may be missing or null',
    topicOf({
      schema: z.looseObject({ eventId, device, timestamp: z.number().nullable().optional() }),
      keyOf: byDevice,
      eventTimeMs: epochSecondsField('timestamp'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText, timestamp: fc.option(seconds) }, optional),
  ],
  [
    'an instant that may be missing',
    topicOf({
      schema: z.looseObject({ eventId, device, at: instant.optional() }),
      keyOf: byDevice,
      eventTimeMs: instantField('at'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText, at: instants }, optional),
  ],
  [
    'an instant that may be missing, and the time of receipt as a field of the schema',
    topicOf({
      schema: z.looseObject({ eventId, device, at: instant.optional(), [RECEIVED_AT]: instant.optional() }),
      keyOf: byDevice,
      eventTimeMs: instantField('at'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText, at: instants, [RECEIVED_AT]: instants }, optional),
  ],
  [
    'an instant that may be null',
    topicOf({
      schema: z.looseObject({ eventId, device, at: instant.nullable() }),
      keyOf: byDevice,
      eventTimeMs: instantField('at'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText, at: fc.option(instants) }),
  ],
  [
    'a key that may be missing',
    topicOf({
      schema: z.looseObject({ eventId, device, cell: z.int().nullable().optional(), timestamp: z.int() }),
      keyOf: keyField('cell'),
      eventTimeMs: epochSecondsField('timestamp'),
    }),
    fc.record(
      { eventId: fc.uuid(), device: plainText, cell: fc.option(fc.nat()), timestamp: fc.nat() },
      { requiredKeys: ['eventId', 'device', 'timestamp'] },
    ),
  ],
]

const nested = z.looseObject({ eventId, device: z.looseObject({ id: z.string() }), timestamp: z.int() })
const composed = z.looseObject({ eventId, device, day: z.iso.date(), second: z.int().min(0).max(86_399) })

/** Topics of which the reader takes nothing. */
const unreadable: [string, Topic, fc.Arbitrary<object>][] = [
  [
    'a nested key',
    topicOf({
      schema: nested,
      keyOf: (event: z.infer<typeof nested>) => event.device.id,
      eventTimeMs: epochSecondsField('timestamp'),
    }),
    fc.record({ eventId: fc.uuid(), device: fc.record({ id: plainText }), timestamp: fc.nat() }),
  ],
  [
    'a composed time',
    topicOf({
      schema: composed,
      keyOf: byDevice,
      eventTimeMs: ({ day, second }: z.infer<typeof composed>) => Date.parse(day) + second * 1000,
    }),
    fc.record({
      eventId: fc.uuid(),
      device: plainText,
      day: instants.map(at => at.slice(0, 10)),
      second: fc.nat(86_399),
    }),
  ],
  [
    'a key that may be null',
    topicOf({
      schema: z.looseObject({ eventId, device: device.nullable(), timestamp: z.int() }),
      keyOf: byDevice,
      eventTimeMs: epochSecondsField('timestamp'),
    }),
    fc.record({ eventId: fc.uuid(), device: fc.option(plainText), timestamp: fc.nat() }),
  ],
  [
    'an id that may be null',
    topicOf({
      schema: z.looseObject({ eventId: eventId.nullable(), device, timestamp: z.int() }),
      keyOf: byDevice,
      eventTimeMs: epochSecondsField('timestamp'),
    }),
    fc.record({ eventId: fc.option(fc.uuid()), device: plainText, timestamp: fc.nat() }),
  ],
  [
    'an instant where its time is seconds',
    topicOf({
      schema: z.looseObject({ eventId, device, at: instant }),
      keyOf: byDevice,
      eventTimeMs: epochSecondsField('at'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText, at: instants }),
  ],
  [
    'a time that the schema takes for any text',
    topicOf({
      schema: z.looseObject({ eventId, device, at: z.string() }),
      keyOf: byDevice,
      eventTimeMs: instantField('at'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText, at: fc.oneof(instants, plainText) }),
  ],
  [
    'a time of receipt that the schema takes for any text',
    topicOf({
      schema: z.looseObject({ eventId, device, at: instant.optional(), [RECEIVED_AT]: z.string() }),
      keyOf: byDevice,
      eventTimeMs: instantField('at'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText, [RECEIVED_AT]: fc.oneof(instants, plainText) }),
  ],
  [
    'a time that is no field of the schema',
    topicOf({
      schema: z.looseObject({ eventId, device }),
      keyOf: byDevice,
      eventTimeMs: instantField('at'),
    }),
    fc.record({ eventId: fc.uuid(), device: plainText }),
  ],
]

/** Key, event time and id by way of JSON.parse. */
function parsed(topic: Topic, text: string) {
  const event = JSON.parse(text) as Record<string, unknown>
  return { key: topic.keyOf(event), timeMs: eventTimeOf(topic, event), id: event.eventId ?? null }
}

/** The same by the reader; null where it does not take the text. The bytes around the event are none of its business. */
function read(topic: Topic, text: string) {
  const reader = eventReaderOf(topic)
  const bytes = Buffer.from(`9${text}9`)
  if (!reader.read(bytes, 1, bytes.length - 1)) return null
  return { key: reader.key().toString(), timeMs: reader.eventTimeMs(), id: reader.eventId() }
}

const written = (event: object): string => JSON.stringify(event)
/** The event in any order of fields, with spaces or without, perhaps with a field that the schema does not know. */
const oddly = (events: fc.Arbitrary<object>): fc.Arbitrary<string> =>
  fc
    .tuple(
      events.chain(event => fc.shuffledSubarray(Object.entries(event), { minLength: Object.keys(event).length })),
      fc.option(instants, { freq: 5, nil: undefined }),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([fields, receivedAt, isReversed, isSpaced]) => {
      const more = receivedAt === undefined || fields.some(([name]) => name === RECEIVED_AT) ? [] : [receivedAt]
      const all = [...fields, ...more.map(at => [RECEIVED_AT, at] as const)]
      const texts = (isReversed ? all.reverse() : all).map(
        ([name, value]) => `"${name}":${isSpaced ? ' ' : ''}${JSON.stringify(value)}`,
      )
      return `{${texts.join(isSpaced ? ', ' : ',')}}`
    })

describe('a reader of events', () => {
  it.each(readable)('agrees with the parsed event: %s', (_, topic, events) => {
    let taken = 0
    const agrees = (text: string): void => {
      const expected = parsed(topic, text)
      const got = read(topic, text)
      if (got) taken++
      expect(got ?? expected).toEqual(expected)
      expect(recordTimeMs(topic, Buffer.from(text))).toBe(expected.timeMs)
    }
    fc.assert(fc.property(oddly(events), agrees), { numRuns: 1_000 })
    // Many of one layout, for which the reader makes code.
    fc.assert(fc.property(events.map(written), agrees), { numRuns: 1_000 })
    expect(taken).toBeGreaterThan(500)
  })

  it.each(unreadable)('takes no event with %s; the parsed event answers', (_, topic, events) => {
    fc.assert(
      fc.property(oddly(events), text => {
        expect(read(topic, text)).toBeNull()
        expect(recordTimeMs(topic, Buffer.from(text))).toBe(parsed(topic, text).timeMs)
      }),
    )
  })

  it('leaves to the parser what is not written canonically', () => {
    const [, topic] = readable[0]!
    const event = { eventId: '0b9c1f86-52a5-4b0e-9c9e-0d5d3a0c8b11', device: 'a', timestamp: 1_600_545_287 }
    const text = written(event)
    const timeMs = 1_600_545_287_000
    expect(read(topic, text)).toEqual({ key: 'a', timeMs, id: event.eventId })
    for (const [odd, expected] of [
      [text.replace('1600545287', '1600545287e0'), timeMs],
      [text.replace('"a"', '"\\u0061"'), timeMs],
      [text.replace('{', '{\n'), timeMs],
      [text.replace('{', '{"timestamp":1,'), timeMs],
      [text.replace('1600545287', '"1600545287"'), null],
      [text.replace('1600545287', 'null'), null],
      ['[]', null],
      ['null', null],
      ['{', null],
    ] as const) {
      expect(read(topic, odd)).toBeNull()
      expect(recordTimeMs(topic, Buffer.from(odd))).toBe(expected)
    }
  })

  it('tells that a time is null at the very end of the memory', () => {
    const [, topic] = readable.find(([what]) => what === 'an instant that may be null')!
    const text = written({ eventId: '0b9c1f86-52a5-4b0e-9c9e-0d5d3a0c8b11', device: 'a', at: null })
    const reader = eventReaderOf(topic)
    expect(reader.read(new TextEncoder().encode(text).slice())).toBe(true)
    expect(reader.eventTimeMs()).toBeNull()
  })

  it('is one for all users of a topic, and each topic has its own', () => {
    const [[, one], [, other]] = [readable[0]!, readable[1]!]
    expect(eventReaderOf(one)).toBe(eventReaderOf(one))
    expect(eventReaderOf(one)).not.toBe(eventReaderOf(other))
  })
})

describe('an event time', () => {
  const topic = topicOf({
    schema: z.looseObject({ eventId, device, at: instant.optional() }),
    keyOf: byDevice,
    eventTimeMs: instantField('at'),
  })
  const [atMs, receivedAt] = [Date.UTC(2024, 2, 24, 11, 25, 29), '2024-03-24T11:30:00.000Z']

  it.each([
    ['2024-03-24T11:25:29.000Z', atMs],
    ['2024-03-24T20:25:29+09:00', atMs],
    ['2024-03-24T11:25:29', atMs],
    ['2024-03-24T11:25:29.0009999Z', atMs],
    ['2024-03-24', null],
    ['24 March 2024', null],
    ['2024-02-30T11:25:29.000Z', null],
    ['2024-03-24T24:00:00.000Z', null],
    ['2024-03-24T11:25:29.000+99:00', null],
    [atMs, null],
    [null, null],
  ])('of %j is %j, else the time of receipt', (at, expected) => {
    expect(eventTimeOf(topic, { at })).toBe(expected)
    expect(eventTimeOf(topic, { at, [RECEIVED_AT]: receivedAt })).toBe(expected ?? Date.parse(receivedAt))
    expect(eventTimeOf(topic, { at, [RECEIVED_AT]: 'now' })).toBe(expected)
  })

  it.each([
    ['seconds that are no whole milliseconds as a double', '1.1', 1_100],
    ['seconds that are just below whole milliseconds as a double', '1.001', 1_001],
    ['the last second that an instant can hold', '253402300799', 253_402_300_799_000],
    ['one second more', '253402300800', null],
    ['more seconds than a date can hold', '999999999999999', null],
  ])('gives whole milliseconds that an instant can hold: %s', (_, seconds, expected) => {
    const [, topic] = readable[0]!
    const text = `{"eventId":"00000000-0000-4000-8000-000000000000","device":"a","timestamp":${seconds}}`
    expect(read(topic, text)?.timeMs).toBe(expected)
    expect(parsed(topic, text).timeMs).toBe(expected)
  })
})
