import { brotliCompressSync, gzipSync } from 'node:zlib'
import { failedEvent } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import { ANSWER_TYPE, BINARY_TYPE, base64, JSON_TYPE, produce, recordsIn } from './confluent-kit.ts'
import { recordsOf, startEmbeddedGateway } from './embedded-log.ts'
import { failAll } from './fake-log.ts'
import { anEvent, startGateway } from './gateway-kit.ts'

describe('POST /topics/{topic}', () => {
  it('answers each record with its place in the log, in the form of the original', async () => {
    const gateway = await startEmbeddedGateway()
    const { log } = gateway
    const events = ['a', 'b', 'a'].map(account => anEvent({ account }))
    const reply = await produce(gateway, recordsIn(events))
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe(ANSWER_TYPE)
    const stored = await recordsOf(log, 'lol.raw')
    const placeOf = ({ eventId }: Record<string, unknown>) => {
      const { partition, offset } = stored.find(({ value }) => value.includes(String(eventId)))!
      return { partition, offset, error_code: null, error: null }
    }
    expect(reply.json).toEqual({ offsets: events.map(placeOf), key_schema_id: null, value_schema_id: null })
    expect(Object.keys(reply.json.offsets[0])).toEqual(['partition', 'offset', 'error_code', 'error'])
  })

  it('has a type that the client accepts', async () => {
    const gateway = await startGateway()
    for (const [accept, type] of [
      [
        'application/vnd.kafka.v1+json, application/vnd.kafka+json; q=0.9, application/json; q=0.8',
        'application/vnd.kafka.v1+json',
      ],
      ['application/json', 'application/json'],
      ['text/html, */*', ANSWER_TYPE],
    ] as const) {
      const reply = await produce(gateway, recordsIn([anEvent()]), { headers: { accept } })
      expect(reply.headers.get('content-type')).toBe(type)
      const refused = await produce(gateway, recordsIn([]), { headers: { accept } })
      expect(refused.headers.get('content-type')).toBe(type)
    }
  })

  it('stores the good records of a batch, names the others, and keeps their values', async () => {
    const gateway = await startGateway()
    const bad = ` ${JSON.stringify(anEvent({ x: 'far' }))}`
    const good = JSON.stringify(anEvent())
    const reply = await produce(gateway, `{"records":[{"value":${good}},{"value":${bad} , "key":null},{"key":"k"},17]}`)
    expect(reply.status).toBe(200)
    const none = { partition: null, offset: null }
    expect(reply.json.offsets).toEqual([
      { partition: 2, offset: 0, error_code: null, error: null },
      { ...none, error_code: 42203, error: 'Field /x: got the string "far", expected a number.' },
      { ...none, error_code: 422, error: 'Envelope field /value: got nothing, expected the event.' },
      { ...none, error_code: 400, error: expect.stringContaining('expected an object at byte') },
    ])
    const kept = gateway.log.json('failed-events').map(event => failedEvent.parse(event))
    expect(kept.map(({ code, topic }) => [code, topic])).toEqual([
      ['invalid_field', 'lol.raw'],
      ['invalid_envelope', 'lol.raw'],
      ['not_json', 'lol.raw'],
    ])
    expect(kept.map(({ payload }) => Buffer.from(payload, 'base64').toString())).toEqual([
      bad.trim(),
      '{"key":"k"}',
      '17',
    ])
  })

  it('reads values that are base64, and keeps the decoded bytes of those that are refused', async () => {
    const gateway = await startGateway()
    const event = JSON.stringify(anEvent({ note: 'é??>>' }))
    const bad = JSON.stringify(anEvent({ x: 'far' }))
    const escaped = base64(event).replaceAll('/', '\\/')
    const records = [base64(event), escaped, base64(bad), 'no base64!', base64('\u00ff')].map(
      value => `{"key":"${base64('testAccount_56')}","value":"${value}"}`,
    )
    const reply = await produce(gateway, `{"records":[${records.join(',')},{"value":{}}]}`, { type: BINARY_TYPE })
    expect(reply.json.offsets.map(({ error_code }: { error_code: number }) => error_code)).toEqual([
      ...[null, null, 42203, 422, 400, 422],
    ])
    expect(gateway.log.of('lol.raw').map(({ value }) => value.toString())).toEqual([event, event])
    expect(
      gateway.log.json('failed-events').map(({ payload }) => Buffer.from(String(payload), 'base64').toString()),
    ).toEqual([bad, '"no base64!"', '\u00ff', '{}'])
  })

  it('takes the key and the partition that the record has anyway, and no others', async () => {
    const gateway = await startEmbeddedGateway()
    const { log } = gateway
    const send = async (record: object, type = JSON_TYPE) => {
      const reply = await produce(gateway, { records: [record, { value: anEvent() }] }, { type })
      return reply.json.offsets[0]
    }
    const value = anEvent()
    const { partition } = await send({ key: 'testAccount_56', value })
    expect(await send({ key: 'testAccount_56', partition, value })).toMatchObject({ partition, error_code: null })
    expect(await send({ key: null, partition: null, value })).toMatchObject({ error_code: null })
    expect(await send({ key: 'another', value })).toEqual({
      partition: null,
      offset: null,
      error_code: 422,
      error:
        'The key is "another", but the key of this record is "testAccount_56": the gateway makes it from `account`. Send that key or none.',
    })
    const other = (partition + 1) % 6
    expect((await send({ partition: other, value })).error).toContain(
      `partition is ${other}, but the partition of this record is ${partition}`,
    )
    expect((await send({ partition: -1, value })).error).toContain('/partition: got the number -1')
    expect((await send({ key: { a: 1 }, value })).error).toContain('/key: got an object')
    expect((await send({ key: 17, value })).error).toContain('The key is "17"')
    const kept = await recordsOf(log, 'failed-events')
    expect(kept).toHaveLength(5)
    // Sent to the topic's own route, as "failed replay" does, the event is stored under its own key.
    const events = kept.map(record => Buffer.from(String(JSON.parse(record.value.toString()).payload), 'base64'))
    for (const event of events) expect((await gateway.post(event)).status).toBe(200)
  })

  it('refuses malformed envelopes, the last of repeated names counts', async () => {
    const gateway = await startGateway()
    const event = JSON.stringify(anEvent())
    const record = `{"value":${event}}`
    for (const [body, status, message] of [
      ['', 400, 'no record'],
      [' \n', 400, 'no record'],
      ['[]', 400, 'expected an object'],
      ['{"records":', 400, 'it ends too early at byte 11'],
      [`{"records":[${record}`, 400, 'it ends too early'],
      [`{"records":[${record}]} x`, 400, 'something follows'],
      [`{"records":[${record}],"x":nonsense}`, 400, 'unexpected'],
      [`{"records":[${record}],}`, 400, 'a name in quotes'],
      [`{records:[${record}]}`, 400, 'a name in quotes'],
      [`{"records":nonsense,"records":[${record}]}`, 400, 'unexpected'],
      [`{"records":[${record}],"y":"${'y'.repeat(70_000)}"}`, 400, 'more than 65536'],
      [`{${Array.from({ length: 1_100 }, (_, index) => `"f${index}":1`).join(',')}}`, 400, 'more than 1000 fields'],
      [Buffer.from(`{"records":[${record}],"x":"\u00e9"}`, 'latin1'), 400, 'not UTF-8'],
      ['{}', 422, '/records: got nothing'],
      ['{"records":{}}', 422, '/records: got another value'],
      ['{"records":[]}', 400, 'no record'],
      [`{"records":[${record},]}`, 400, 'comma before its end'],
    ] as const) {
      const reply = await produce(gateway, body)
      expect([reply.status, reply.headers.get('content-type')], String(body).slice(0, 80)).toEqual([
        status,
        ANSWER_TYPE,
      ])
      expect(Object.keys(reply.json)).toEqual(['error_code', 'message'])
      expect(reply.json.error_code).toBe(status)
      expect(reply.json.message).toContain(message)
    }
    expect(gateway.log.of('lol.raw')).toEqual([])
    const last = await produce(
      gateway,
      `\ufeff{"x":[{"records":1}],"records":[], "r\\u0065cords":[{"value":1,"value":${event}}]}`,
    )
    expect(last.json.offsets).toMatchObject([{ error_code: null }])
    expect(gateway.log.of('lol.raw').map(({ value }) => value.toString())).toEqual([event])
  })

  it('leaves no trace of a __proto__ in an envelope', async () => {
    const gateway = await startGateway()
    const event = JSON.stringify(anEvent())
    const body = `{"__proto__":{"polluted":1},"records":[{"__proto__":{"polluted":1,"partition":9},"value":${event}}]}`
    expect((await produce(gateway, body)).json.offsets).toMatchObject([{ error_code: null }])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('answers with an error that has the results where no record is stored', async () => {
    const gateway = await startGateway()
    const one = await produce(gateway, recordsIn([anEvent({ x: 'far' })]))
    expect(one).toMatchObject({
      status: 422,
      json: { error_code: 42203, message: expect.stringMatching(/^Field \/x/), offsets: [{ error_code: 42203 }] },
    })
    const two = await produce(gateway, recordsIn([anEvent({ x: 'far' }), 17]))
    expect(two).toMatchObject({
      status: 422,
      json: { error_code: 42203, message: expect.stringMatching(/^0 of 2 records were accepted/) },
    })
    expect(two.json.offsets).toHaveLength(2)
  })

  it('says 503 and when to send again while the log is away, and marks single records as retriable', async () => {
    const gateway = await startGateway()
    gateway.log.onAppend = failAll('log_unavailable', { where: 'kafka:9092', reason: 'away' })
    const away = await produce(gateway, recordsIn([anEvent(), anEvent()]))
    expect(away).toMatchObject({
      status: 503,
      json: { error_code: 50302, offsets: [{ error_code: 50003 }, { error_code: 50003 }] },
    })
    expect(away.headers.get('retry-after')).toBe('5')
    gateway.log.onAppend = async (topic, records, deadlineMs) => {
      const [first, ...others] = records
      const lost = await failAll('append_timeout')(topic, others, deadlineMs)
      return [...(await gateway.log.store(topic, [first!], deadlineMs)), ...lost]
    }
    const partly = await produce(gateway, recordsIn([anEvent(), anEvent()]))
    expect(partly).toMatchObject({ status: 200, json: { offsets: [{ error_code: null }, { error_code: 50003 }] } })
    expect(partly.headers.get('retry-after')).toBe('5')
  })

  it('limits bodies before and after decompression', async () => {
    const gateway = await startGateway({ options: { maxDecodedBytes: 2_000, maxRecords: 2 } })
    const pad = 'x'.repeat(3_000)
    for (const body of [gzipSync(JSON.stringify(recordsIn([{ pad }]))), brotliCompressSync(`{"pad":"${pad}"}`)]) {
      const encoding = body[0] === 0x1f ? 'gzip' : 'br'
      const large = await produce(gateway, body, { headers: { 'content-encoding': encoding } })
      expect(large).toMatchObject({ status: 413, json: { error_code: 413 } })
      expect(large.json.message).toContain('2000 bytes when decompressed')
    }
    const small = gzipSync(JSON.stringify(recordsIn([anEvent()])))
    expect((await produce(gateway, small, { headers: { 'content-encoding': 'gzip' } })).status).toBe(200)
    const many = await produce(gateway, recordsIn([1, 2, 3]))
    expect(many).toMatchObject({ status: 413, json: { error_code: 413 } })
  })

  it('makes the same event ids for the same request under one Idempotency-Key', async () => {
    const gateway = await startGateway()
    const { eventId: _, ...event } = anEvent()
    for (const key of ['k', 'k', 'other'])
      await produce(gateway, recordsIn([event]), { headers: { 'idempotency-key': key } })
    const [first, again, other] = gateway.log.json('lol.raw').map(({ eventId }) => eventId)
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })
})
