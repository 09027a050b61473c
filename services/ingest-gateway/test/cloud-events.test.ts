import { lol } from '@millrace/domains/lol/contract'
import { describe, expect, it } from 'vitest'
import { failAll } from './fake-log.ts'
import { aKey, anEvent, keyText, type PostOptions, startGateway, type TestGateway } from './gateway-kit.ts'

const STRUCTURED = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'
const UUID_V5 = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const send = ({ post }: Pick<TestGateway<unknown>, 'post'>, body: unknown, options: PostOptions = {}) =>
  post(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body), {
    path: '/v1/cloudevents',
    type: Array.isArray(body) ? BATCH : STRUCTURED,
    ...options,
  })
const cloudEvent = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  specversion: '1.0',
  type: 'lol.raw',
  source: '/game/eu',
  id: 'move-17',
  data: withoutId(),
  ...more,
})
const withoutId = (more: Record<string, unknown> = {}): Record<string, unknown> => {
  const { eventId: _, ...event } = anEvent(more)
  return event
}
const binaryHeaders = { 'ce-specversion': '1.0', 'ce-type': 'lol.raw', 'ce-source': '/game/eu', 'ce-id': 'move-17' }

describe('event ids of CloudEvents', () => {
  it('are the id that is a UUID, and otherwise made of source and id', async () => {
    const gateway = await startGateway()
    const uuid = 'B405FD3C-785B-4E42-A825-52A75F3D82A4'
    const idOf = async (more: Record<string, unknown>): Promise<string> =>
      (await send(gateway, cloudEvent(more))).json.results[0].eventId
    expect(await idOf({ id: uuid })).toBe(uuid.toLowerCase())
    const first = await idOf({})
    expect(first).toMatch(UUID_V5)
    expect(await idOf({ time: '2018-04-05T17:31:00Z', subject: 'again', data: withoutId({ note: 'x' }) })).toBe(first)
    const others = [
      await idOf({ id: 'move-18' }),
      await idOf({ source: '/game/us' }),
      await idOf({ source: '/game/eumo', id: 've-17' }),
    ]
    expect(new Set([first, ...others]).size).toBe(4)
    const stored = gateway.log.json('lol.raw').map(({ eventId }) => eventId)
    expect(stored.slice(1, 3)).toEqual([first, first])
  })

  it('are those of the event where it has one', async () => {
    const gateway = await startGateway()
    const data = anEvent()
    const reply = await send(gateway, cloudEvent({ data }))
    expect(reply.json.results[0].eventId).toBe(data.eventId)
    expect(gateway.log.json('lol.raw')).toEqual([data])
  })

  it('are the same in every content mode', async () => {
    const gateway = await startGateway()
    const data = withoutId()
    const source = 'https://game.example/é 1%'
    await send(gateway, cloudEvent({ source, data }))
    await send(gateway, [cloudEvent({ source, data })])
    await send(gateway, data, {
      type: 'application/json',
      headers: { ...binaryHeaders, 'ce-source': 'https://game.example/%C3%A9%201%25' },
    })
    expect(new Set(gateway.log.json('lol.raw').map(({ eventId }) => eventId)).size).toBe(1)
  })

  it('are kept with a refused event', async () => {
    const gateway = await startGateway()
    const id = 'b405fd3c-785b-4e42-a825-52a75f3d82a4'
    await send(gateway, cloudEvent({ id, data: withoutId({ x: 'far' }) }))
    expect(gateway.log.json('failed-events')).toMatchObject([{ sourceEventId: id, code: 'invalid_field' }])
  })
})

describe('CloudEvents', () => {
  it('go to the topic of their type, several of one batch too', async () => {
    const gateway = await startGateway()
    const truth = lol.topics.truth.route!.samples[0]!
    const batch = [
      cloudEvent({ data: anEvent() }),
      cloudEvent({ type: 'lol.truth', data: truth }),
      cloudEvent({ data: anEvent({ x: 'far' }) }),
      cloudEvent({ type: 'lol.truth', data: { ...truth, eventId: 17 } }),
      cloudEvent({ type: 'lol.rwa' }),
      cloudEvent({ data: anEvent() }),
    ]
    const reply = await send(gateway, batch)
    expect(reply.status).toBe(207)
    expect(reply.json).toMatchObject({ accepted: 3, failed: 3 })
    expect(
      reply.json.results.map(({ status, problem }: { status: number; problem?: { code: string; record: number } }) => [
        status,
        problem?.code,
        problem?.record,
      ]),
    ).toEqual([
      [200, undefined, undefined],
      [200, undefined, undefined],
      [422, 'invalid_field', 2],
      [422, 'invalid_field', 3],
      [404, 'unknown_topic', 4],
      [200, undefined, undefined],
    ])
    expect(gateway.log.json('lol.raw')).toEqual([batch[0]!.data, batch[5]!.data])
    expect(gateway.log.json('lol.truth')).toEqual([truth])
    expect(gateway.log.json('failed-events').map(({ topic, code }) => [topic, code])).toEqual([
      ['lol.raw', 'invalid_field'],
      ['lol.truth', 'invalid_field'],
    ])
    const metrics = await gateway.registry.metrics()
    expect(metrics).toMatch(/records_in_total\{topic="lol.raw".*\} 3\n/)
    expect(metrics).toMatch(/records_in_total\{topic="lol.truth".*\} 2\n/)
    expect(metrics).toMatch(/records_out_total\{topic="lol.truth".*\} 1\n/)
    expect(metrics).toMatch(/records_failed_total\{reason="invalid_field".*\} 2\n/)
    expect(metrics).toMatch(/refusals_total\{of="record",code="unknown_topic".*\} 1\n/)
    expect(metrics).not.toContain('lol.rwa')
    expect(metrics).not.toMatch(/records_failed_total\{reason="unknown_topic"/)
  })

  it('of topics that the key may not write are refused, and are not kept', async () => {
    const gateway = await startGateway({ keys: [aKey('test', { topics: ['lol.raw'] })] })
    const truth = await send(gateway, cloudEvent({ type: 'lol.truth' }))
    expect(truth.json).toMatchObject({ status: 403, code: 'topic_not_allowed' })
    const unknown = await send(gateway, cloudEvent({ type: 'com.example.lol.raw' }))
    expect(unknown.json).toMatchObject({
      status: 404,
      code: 'unknown_topic',
      detail: expect.stringContaining('This key may write lol.raw.'),
    })
    for (const type of ['failed-events', 'lol.curated', '__proto__'])
      expect((await send(gateway, cloudEvent({ type }))).json).toMatchObject({ status: 404, code: 'unknown_topic' })
    expect(gateway.log.stored).toEqual([])
  })

  it('of which an attribute or the data is wrong are refused', async () => {
    const gateway = await startGateway()
    for (const [name, more, detail] of [
      ['no specversion', { specversion: undefined }, '/specversion: got nothing, expected "1.0"'],
      ['an older specversion', { specversion: '0.3' }, '/specversion: got the string "0.3"'],
      ['no type', { type: undefined }, '/type: got nothing'],
      ['an empty source', { source: '' }, '/source: got an empty string'],
      ['no id', { id: undefined }, '/id: got nothing'],
      ['a number as id', { id: 17 }, '/id: got the number 17'],
      [
        'XML',
        { datacontenttype: 'application/xml', data: '<a/>' },
        '/datacontenttype: got the string "application/xml"',
      ],
      ['no data', { data: undefined }, '/data: got nothing'],
      ['data twice', { data_base64: 'e30=' }, '/data_base64: got data as well'],
      ['bytes that are no base64', { data: undefined, data_base64: '{}' }, '/data_base64: got a value that is not'],
    ] as const) {
      const body = JSON.stringify(cloudEvent(more))
      const reply = await send(gateway, body)
      expect(reply.headers.get('content-type'), name).toBe('application/problem+json')
      expect(reply.json).toMatchObject({
        status: 422,
        code: 'invalid_envelope',
        detail: expect.stringContaining(detail),
      })
      expect(gateway.log.of('lol.raw')).toEqual([])
    }
  })

  it('of which an attribute is wrong are kept by their data, if they name a topic', async () => {
    const gateway = await startGateway()
    const data = withoutId()
    await send(gateway, cloudEvent({ id: '', data }))
    const [kept] = gateway.log.json('failed-events')
    expect(kept).toMatchObject({ topic: 'lol.raw', code: 'invalid_envelope', path: '/id' })
    const payload = Buffer.from(String(kept!.payload), 'base64')
    expect(payload.toString()).toBe(JSON.stringify(data))
    expect((await gateway.post(payload)).status).toBe(200)
  })

  it('have data of a type that is JSON', async () => {
    const gateway = await startGateway()
    for (const datacontenttype of [
      'application/json; charset=utf-8',
      'application/vnd.ours+json',
      'text/json',
      undefined,
    ]) {
      expect((await send(gateway, cloudEvent({ datacontenttype }))).status).toBe(200)
      const type = datacontenttype ?? 'application/json'
      expect((await send(gateway, withoutId(), { type, headers: binaryHeaders })).status).toBe(200)
    }
  })

  it('that are not JSON are answered with a problem, and are not kept, for they name no topic', async () => {
    const gateway = await startGateway()
    for (const [body, type] of [
      ['{"specversion":', STRUCTURED],
      ['17', STRUCTURED],
      ['[{}', BATCH],
      ['[{}]', STRUCTURED],
      ['{}', BATCH],
    ] as const) {
      const reply = await send(gateway, body, { type })
      expect(reply.json, body).toMatchObject({ status: 400, code: 'not_json' })
    }
    expect((await send(gateway, '[]', { type: STRUCTURED })).status).toBe(400)
    expect((await send(gateway, '[]', { type: BATCH })).json).toMatchObject({ status: 400, code: 'no_records' })
    expect((await send(gateway, '', { type: STRUCTURED })).json).toMatchObject({ status: 400, code: 'no_records' })
    expect((await send(gateway, '', { type: 'application/json', headers: binaryHeaders })).json).toMatchObject({
      status: 400,
      code: 'no_records',
    })
    expect((await send(gateway, '[{}]', { type: STRUCTURED })).json.detail).toContain(`send Content-Type: ${BATCH}`)
    expect(gateway.log.stored).toEqual([])
  })

  it('in a body of another type are refused', async () => {
    const gateway = await startGateway()
    for (const [type, headers] of [
      ['application/json', {}],
      ['application/cloudevents+xml', binaryHeaders],
      ['application/xml', binaryHeaders],
      ['text/plain', binaryHeaders],
      ['application/json; charset=latin1', binaryHeaders],
    ] as const) {
      const reply = await send(gateway, Buffer.from('{}'), { type, headers })
      expect(reply.json).toMatchObject({ status: 415, code: 'unsupported_media_type' })
      expect(reply.json.detail).toContain(STRUCTURED)
      expect(reply.headers.get('accept-post')).toBe(`${STRUCTURED}, ${BATCH}, application/json`)
    }
  })

  it('in binary mode may have headers that are not percent-encoded', async () => {
    const gateway = await startGateway()
    const headers = { ...binaryHeaders, 'ce-source': '/100%' }
    expect((await send(gateway, withoutId(), { type: 'application/json', headers })).status).toBe(200)
    const { 'ce-id': _, ...others } = binaryHeaders
    expect((await send(gateway, withoutId(), { type: 'application/json', headers: others })).json).toMatchObject({
      status: 422,
      code: 'invalid_envelope',
      pointer: '/id',
    })
  })

  it('of one batch for several topics are answered 207 where the log refuses one topic, with Retry-After', async () => {
    const gateway = await startGateway()
    gateway.log.onAppend = (topic, records, deadlineMs) =>
      (topic === 'lol.truth' ? failAll('unknown_topic', { topic }) : gateway.log.store)(topic, records, deadlineMs)
    const reply = await send(gateway, [
      cloudEvent(),
      cloudEvent({ type: 'lol.truth', data: lol.topics.truth.route!.samples[0]! }),
    ])
    expect(reply.status).toBe(207)
    expect(reply.headers.get('retry-after')).toBe('5')
    expect(reply.json.results).toMatchObject([{ status: 200 }, { status: 503, problem: { code: 'topic_missing' } }])
  })

  it('are not accepted with Basic authentication, and from a page only where the key allows it', async () => {
    const site = 'https://game.example'
    const gateway = await startGateway({ keys: [aKey('test', { corsOrigins: [site] })] })
    const authorization = `Basic ${Buffer.from(`x:${keyText('test')}`).toString('base64')}`
    expect((await send(gateway, cloudEvent(), { key: null, headers: { authorization } })).json).toMatchObject({
      status: 401,
      code: 'key_missing',
    })
    const preflight = await gateway.post(null, {
      method: 'OPTIONS',
      path: '/v1/cloudevents',
      key: null,
      headers: { origin: site },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('ce-specversion')
    expect((await send(gateway, cloudEvent(), { headers: { origin: site } })).status).toBe(200)
    expect((await send(gateway, cloudEvent(), { headers: { origin: 'https://evil.example' } })).status).toBe(403)
  })

  it('are posted', async () => {
    const gateway = await startGateway()
    const reply = await gateway.post(null, { method: 'GET', path: '/v1/cloudevents' })
    expect(reply.json).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(reply.headers.get('allow')).toBe('POST, OPTIONS')
    expect((await gateway.post({}, { path: '/v1/cloudevent' })).json.detail).toContain('Did you mean /v1/cloudevents?')
  })
})
