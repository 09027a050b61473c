import {
  createCatalog,
  defineDomain,
  defineTopic,
  type EventOf,
  epochSecondsField,
  eventId,
  eventTimeOf,
  instant,
  instantField,
  keyField,
  RECEIVED_AT,
  recordTimeMs,
  type Topic,
  wireEventId,
  wireNumber,
} from '@millrace/contracts'
import { systemClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aKey, ndjson, startGateway } from './gateway-kit.ts'

const ID = '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const RECEIVED_MS = Date.parse('2024-05-06T07:08:09.123Z')
const clock = { ...systemClock, now: () => RECEIVED_MS }

const car = z.string().min(1).max(40)
const why = 'Events of a car park.'
const wire = { eventId: wireEventId, at: wireNumber, lot: wireNumber }
const timeLast = z.looseObject({ eventId, car, at: z.number() })
const composed = z.looseObject({ eventId, car, day: z.iso.date(), time: z.iso.time() })
const nestedKey = z.looseObject({ eventId, place: z.looseObject({ lot: z.string().optional() }), at: z.int() })

/** Everything that keys, times and ids may be, which no domain of the repository is. */
const topics = {
  raw: defineTopic({
    name: 'parking.raw',
    schema: timeLast,
    wire,
    keyOf: keyField('car'),
    eventTimeMs: epochSecondsField('at'),
    samples: [{ car: 'a', at: 1_700_000_000 }],
    why,
  }),
  timeFirst: defineTopic({
    name: 'parking.time-first',
    schema: z.looseObject({ at: z.int(), eventId, lot: z.number() }),
    wire,
    keyOf: keyField('lot'),
    eventTimeMs: epochSecondsField('at'),
    samples: [{ at: 1_700_000_000, lot: 7 }],
    why,
  }),
  composedTime: defineTopic({
    name: 'parking.composed-time',
    schema: composed,
    keyOf: keyField('car'),
    eventTimeMs: ({ day, time }: z.infer<typeof composed>) => Date.parse(`${day}T${time}Z`),
    samples: [{ car: 'a', day: '2024-02-29', time: '23:59:58' }],
    why,
  }),
  timeOptional: defineTopic({
    name: 'parking.time-optional',
    schema: z.looseObject({ eventId, car, at: instant.optional() }),
    keyOf: keyField('car'),
    eventTimeMs: instantField('at'),
    samples: [{ car: 'a' }],
    why,
  }),
  nestedKey: defineTopic({
    name: 'parking.nested-key',
    schema: nestedKey,
    wire,
    keyOf: ({ place }: z.infer<typeof nestedKey>) => place.lot ?? '',
    keyText: '`place.lot`',
    eventTimeMs: epochSecondsField('at'),
    samples: [{ place: { lot: 'north' }, at: 1_700_000_000 }],
    why,
  }),
  keyOptional: defineTopic({
    name: 'parking.key-optional',
    schema: z.looseObject({ eventId, car: car.optional(), at: z.int() }),
    keyOf: keyField('car'),
    eventTimeMs: epochSecondsField('at'),
    samples: [{ car: 'a', at: 1_700_000_000 }],
    why,
  }),
  idOptional: defineTopic({
    name: 'parking.id-optional',
    schema: z.looseObject({ eventId: eventId.optional(), car, at: z.int() }),
    keyOf: keyField('car'),
    eventTimeMs: epochSecondsField('at'),
    samples: [{ car: 'a', at: 1_700_000_000 }],
    why,
  }),
  idAnyText: defineTopic({
    name: 'parking.id-any-text',
    schema: z.looseObject({ eventId: z.string().nullish(), car, at: z.int() }),
    keyOf: keyField('car'),
    eventTimeMs: epochSecondsField('at'),
    samples: [{ car: 'a', at: 1_700_000_000 }],
    why,
  }),
  idUndeclared: defineTopic({
    name: 'parking.id-undeclared',
    schema: z.looseObject({ car, at: z.int() }),
    keyOf: keyField('car'),
    eventTimeMs: epochSecondsField('at'),
    samples: [{ car: 'a', at: 1_700_000_000 }],
    why,
  }),
}
const parking = defineDomain({ name: 'parking', title: 'A car park', topics })
const names = Object.values(topics).map(({ name }) => name)
/** Behind a record, so that the zero-copy path does not take it. */
const BY_PARSING = { note: 'é' }

const startParking = () => startGateway({ domain: parking, clock, keys: [aKey('test', { topics: names })] })

/** Sends the events one by one, as an array and as lines, so as they are and so that they have to be parsed; gives what is stored. */
async function storedOf<T extends Topic>(topic: T, events: readonly Record<string, unknown>[]) {
  const { post, log } = await startParking()
  const { path } = topic.route!
  const stored: { key: string; timeMs: number | null; event: EventOf<T> & Record<string, unknown> }[] = []
  for (const forms of [events, events.map(event => ({ ...event, ...BY_PARSING }))]) {
    for (const form of forms) expect((await post(form, { path })).json).toMatchObject({ accepted: 1, failed: 0 })
    const [asArray, asLines] = [
      await post(forms, { path }),
      await post(ndjson(forms), { path, type: 'application/x-ndjson' }),
    ]
    expect(asArray.json).toMatchObject({ accepted: forms.length, failed: 0 })
    const ids = log.json(topic.name).map(event => event.eventId)
    const answered = [asArray, asLines].flatMap(({ json }) => json.results.map((of: { eventId: string }) => of.eventId))
    expect(ids.slice(-2 * forms.length)).toEqual(answered)
  }
  for (const { key, value } of log.of(topic.name)) {
    const event = JSON.parse(value.toString())
    expect(key.toString()).toBe(topic.keyOf(event))
    expect(topic.schema.safeParse(event).success).toBe(true)
    const timeMs = eventTimeOf(topic, event)
    expect(recordTimeMs(topic, value)).toBe(timeMs)
    stored.push({ key: key.toString(), timeMs, event })
  }
  expect(stored).toHaveLength(6 * events.length)
  // The same whatever way an event came in.
  for (const [index, { key, timeMs }] of stored.entries())
    expect({ key, timeMs }).toEqual({
      key: stored[index % events.length]!.key,
      timeMs: stored[index % events.length]!.timeMs,
    })
  return stored
}

const timesOf = (stored: readonly { timeMs: number | null }[], events: number) =>
  stored.slice(0, events).map(({ timeMs }) => timeMs)
const keysOf = (stored: readonly { key: string }[], events: number) => stored.slice(0, events).map(({ key }) => key)

describe('a domain that the gateway has never seen', () => {
  it('is a domain without contradictions', () => {
    expect(createCatalog([parking]).routes.size).toBe(names.length)
  })

  it('has epoch seconds in the last field, with a fraction, as text, or beyond all calendars', async () => {
    const events = [
      { eventId: ID, car: 'a', at: 1_600_545_287 },
      { eventId: ID, car: 'a', at: 1.1 },
      { eventId: ID, car: 'a', at: -62_000_000_000 },
      { eventId: ID, car: 'ä', at: '1600545287.25' },
      { car: 'no id', at: 1_600_545_287 },
      // Further than an instant reaches: no time.
      { eventId: ID, car: 'a', at: 999_999_999_999_999 },
      { eventId: ID, car: 'a', at: 1e300 },
    ]
    expect(timesOf(await storedOf(topics.raw, events), 7)).toEqual([
      1_600_545_287_000,
      1100,
      -62_000_000_000_000,
      1_600_545_287_250,
      1_600_545_287_000,
      RECEIVED_MS,
      RECEIVED_MS,
    ])
  })

  it('has epoch seconds in the first field and a numeric key in the last', async () => {
    const events = [7, 0, -12.5, 1e21, 123_456_789_012_345_680_000, '0042'.slice(2)].map(lot => ({
      at: 1_600_545_287,
      eventId: ID,
      lot,
    }))
    const stored = await storedOf(topics.timeFirst, events)
    expect(keysOf(stored, 6)).toEqual(['7', '0', '-12.5', '1e+21', '123456789012345680000', '42'])
    expect(new Set(timesOf(stored, 6))).toEqual(new Set([1_600_545_287_000]))
  })

  it('has a time of two fields', async () => {
    const events = [
      { eventId: ID, car: 'a', day: '2024-02-29', time: '23:59:58' },
      { car: 'a', day: '2024-02-29', time: '23:59:58.5' },
    ]
    expect(timesOf(await storedOf(topics.composedTime, events), 2)).toEqual([
      Date.parse('2024-02-29T23:59:58.000Z'),
      Date.parse('2024-02-29T23:59:58.500Z'),
    ])
  })

  it('has events without a time, which get the time of receipt in a field', async () => {
    const long = '12345678901234567890'
    const stored = await storedOf(topics.timeOptional, [
      { eventId: ID, car: 'a' },
      { eventId: ID, car: 'a', at: '2024-03-24T11:25:29.845Z' },
      // Sent again by a gateway: the first receipt counts.
      { eventId: ID, car: 'a', [RECEIVED_AT]: '2024-03-24T11:25:29.845Z' },
      { eventId: ID, car: 'a', [RECEIVED_AT]: 'yesterday' },
    ])
    const sentMs = Date.parse('2024-03-24T11:25:29.845Z')
    expect(timesOf(stored, 4)).toEqual([RECEIVED_MS, sentMs, sentMs, RECEIVED_MS])
    expect(stored[0]!.event).toMatchObject({ eventId: ID, [RECEIVED_AT]: '2024-05-06T07:08:09.123Z' })
    expect(stored[1]!.event).not.toHaveProperty(RECEIVED_AT)

    const { post, log } = await startParking()
    await post(`{"eventId":"${ID}","car":"a","ticket":${long}}`, { path: topics.timeOptional.route!.path })
    const text = log.of('parking.time-optional')[0]!.value.toString()
    expect(text).toContain(`"ticket":${long}`)
    expect(recordTimeMs(topics.timeOptional, Buffer.from(text))).toBe(RECEIVED_MS)
  })

  it('has a nested key', async () => {
    const events = ['north', 'Süd'].map(lot => ({ eventId: ID, place: { lot, level: 1 }, at: 1_600_545_287 }))
    expect(keysOf(await storedOf(topics.nestedKey, events), 2)).toEqual(['north', 'Süd'])
  })

  it.each([
    ['nestedKey', { place: {}, at: 1 }, 'key_missing_in_event', 'place.lot', undefined],
    ['nestedKey', { at: 1 }, 'missing_field', '/place', '/place'],
    ['keyOptional', { at: 1 }, 'key_missing_in_event', '`car`', '/car'],
    ['raw', { at: 1 }, 'missing_field', '/car', '/car'],
    ['raw', { car: '', at: 1 }, 'invalid_field', '/car', '/car'],
    ['timeFirst', { at: 1, lot: null }, 'invalid_field', '/lot', '/lot'],
  ] as const)('refuses an event of %s without a key: %j', async (name, fields, code, said, pointer) => {
    const topic = topics[name]
    const { post, log } = await startParking()
    const { path } = topic.route!
    for (const event of [fields, { eventId: ID, ...fields }, { eventId: ID, ...fields, ...BY_PARSING }]) {
      const single = await post(event, { path })
      expect(single.status).toBe(422)
      expect(single.json).toMatchObject({ code, detail: expect.stringContaining(said) })
      expect(single.json.pointer).toBe(pointer)
      const batch = await post([event, topic.route!.samples[0]], { path })
      expect(batch.json).toMatchObject({ accepted: 1, failed: 1, results: [{ status: 422, problem: { code } }, {}] })
    }
    expect(log.of(topic.name)).toHaveLength(3)
    expect(log.of('failed-events')).toHaveLength(6)
  })
})

describe('the event id of a stored record', () => {
  const event = { car: 'a', at: 1_600_545_287 }

  it.each(['raw', 'idOptional', 'idAnyText', 'idUndeclared'] as const)('is always there: %s', async name => {
    const stored = await storedOf(topics[name], [event, { eventId: ID, ...event }])
    for (const { event } of stored.filter((_, index) => index % 2 === 0)) expect(event.eventId).toMatch(UUID)
    for (const { event } of stored.filter((_, index) => index % 2 === 1)) expect(event.eventId).toBe(ID)
  })

  it('is given where the event has null and its schema lets that pass', async () => {
    for (const topic of [topics.idAnyText, topics.idUndeclared]) {
      const [first] = await storedOf(topic, [{ eventId: null, ...event }])
      expect(first!.event.eventId).toMatch(UUID)
    }
  })

  it('is the same for the same request under one Idempotency-Key, however the schema has it', async () => {
    const { post, log } = await startParking()
    for (const topic of [topics.idOptional, topics.idUndeclared])
      for (const body of [event, [event], event])
        await post(body, { path: topic.route!.path, headers: { 'idempotency-key': 'once' } })
    const [optional, undeclared] = [topics.idOptional, topics.idUndeclared].map(
      ({ name }) => new Set(log.json(name).map(({ eventId }) => eventId)),
    )
    expect([optional?.size, undeclared?.size]).toEqual([1, 1])
    // The same record on another topic is another event.
    expect(optional).not.toEqual(undeclared)
  })

  it.each([17, '', { a: 1 }])('is not %j', async id => {
    const { post, log } = await startParking()
    for (const topic of [topics.idAnyText, topics.idUndeclared])
      expect((await post({ eventId: id, ...event }, { path: topic.route!.path })).json).toMatchObject({
        code: 'invalid_field',
        pointer: '/eventId',
      })
    expect(log.of('parking.id-any-text')).toEqual([])
  })

  it('may be any text where the schema takes any, and is answered as it is', async () => {
    const stored = await storedOf(topics.idAnyText, [{ eventId: 'a "quoted" id', ...event }])
    expect(stored[0]!.event.eventId).toBe('a "quoted" id')
  })
})
