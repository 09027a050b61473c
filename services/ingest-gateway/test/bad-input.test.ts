import { failedEvent, MAX_RECORD_BYTES } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { describe, expect, it } from 'vitest'
import { anEvent, ndjson, startGateway } from './gateway-kit.ts'

const event = (): string => JSON.stringify(anEvent())
const withField = (name: string, json: string): string => event().replace('{', `{"${name}":${json},`)

describe('bad input', () => {
  it.each([
    ['text', 'hello', 400, 'not_json', 'unexpected "h"'],
    ['an object that ends too early', '{"a":1', 400, 'not_json', "expected ',' or '}'"],
    ['an object and more', `${'{}'} x`, 400, 'not_json', 'after its end at character 3'],
    ['an array that is never closed', '[{"a":1},', 400, 'not_json', 'not closed'],
    ['NaN', event().replace('"x":277', '"x":NaN'), 400, 'not_json', 'NaN at character'],
    ['-Infinity', event().replace('"x":277', '"x":-Infinity'), 400, 'not_json', '-Infinity at character'],
    ['1e400 in a known field', event().replace('"x":277', '"x":1e400'), 422, 'number_too_large', 'the number 1e400'],
    ['1e400 deep in an unknown field', withField('far', '{"list":[1,-1e999]}'), 422, 'number_too_large', '-1e999'],
    ['1e400 as a string', event().replace('"x":277', '"x":"1e400"'), 422, 'invalid_field', 'the string "1e400"'],
    ['a key __proto__', withField('__proto__', '{"admin":true}'), 422, 'forbidden_field', '/__proto__'],
    ['a key __proto__ by escapes', withField('\\u005f_proto__', '1'), 422, 'forbidden_field', '/__proto__'],
    ['a nested key __proto__', withField('a', '{"b":[{"__proto__":1}]}'), 422, 'forbidden_field', '/a/b/0/__proto__'],
    ['deep nesting', withField('a', `${'['.repeat(400_000)}${']'.repeat(400_000)}`), 422, 'too_deep', '64 levels'],
    ['half a surrogate pair', withField('t', '"\\ud800 x"'), 422, 'broken_text', '/t'],
    ['a string', '"hello"', 422, 'not_an_object', 'the string "hello"'],
    ['null', 'null', 422, 'not_an_object', 'Got null'],
    ['a missing field', event().replace('"account":"testAccount_56",', ''), 422, 'missing_field', '/account'],
    [
      'an unknown method',
      event().replace('/move', '/fly'),
      422,
      'invalid_field',
      'one of "/move", "/wait" or "/getItem"',
    ],
    ['a day that does not exist', event().replace('2024-03-24T', '2024-02-31T'), 422, 'invalid_field', '2024-02-31'],
    ['an id that is no UUID', event().replace(/"eventId":"[^"]+"/, '"eventId":"17"'), 422, 'invalid_field', 'a UUID'],
    ['no key', event().replace('testAccount_56', ''), 422, 'invalid_field', 'an empty string'],
  ])('refuses %s, says why, and keeps the bytes', async (_, body, status, code, detail) => {
    const { post, log } = await startGateway()
    const reply = await post(body)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.status).toBe(status)
    expect(reply.json).toMatchObject({ status, code, type: `urn:millrace:ingest:${code}` })
    expect(reply.json.detail).toContain(detail)
    expect(log.of('lol.raw')).toEqual([])
    const [kept, ...more] = log.json('failed-events')
    expect(more).toEqual([])
    expect(failedEvent.parse(kept)).toMatchObject({
      stage: 'ingest',
      service: 'ingest-gateway',
      topic: 'lol.raw',
      code,
    })
    expect(Buffer.from(String(kept?.payload), 'base64').toString()).toBe(body.trim())
    expect(log.of('failed-events')[0]?.key.toString()).toBe(kept?.eventId)
  })

  it.each([
    ['a text', '"way"', '/path', 'got the string "way"', 'an array'],
    ['no sample', '[]', '/path', 'got an empty array', 'at least 1 entry'],
    [
      'too many samples',
      JSON.stringify(Array.from({ length: 33 }, (_, index) => [500 - index, 0, 0])),
      '/path',
      'got an array of 33 entries',
      'at most 32 entries',
    ],
    ['a short sample', '[[62,1,2],[31,1]]', '/path/1', 'got an array of 2 entries', 'an array of three numbers'],
    ['parts of a ms', '[[62.50,1,2]]', '/path/0/0', 'got the number 62.50', 'a whole number'],
    ['a sample too old', '[[1001,1,2]]', '/path/0/0', 'got the number 1001', 'at most 1000'],
    ['samples that do not fall', '[[62,1,2],[62,1,3]]', '/path/1/0', 'got the number 62', 'less than 62'],
    ['a text in a sample', '[[62,"left",2]]', '/path/0/1', 'got the string "left"', 'a number'],
    ['a null in a sample', '[[62,1,null]]', '/path/0/2', 'got null', 'a number'],
  ])('refuses a path with %s, naming the place', async (_, path, pointer, got, expected) => {
    const { post, log } = await startGateway()
    const { status, json } = await post(withField('path', path))
    expect([status, json.code]).toEqual([422, 'invalid_field'])
    expect(json.detail).toContain(got)
    expect(json).toMatchObject({ pointer, expected: expect.stringContaining(expected) })
    expect(log.of('lol.raw')).toEqual([])
  })

  it('takes the numbers of a path as texts too, digit for digit, and null as no path', async () => {
    const { post, log } = await startGateway()
    const path = '[["500","-12.50",0.1234567890123456789],[ 62,"9007199254740993", 1.0]]'
    expect((await post(withField('path', path))).status).toBe(200)
    expect((await post(withField('path', 'null'))).status).toBe(200)
    const [written, without] = log.of('lol.raw').map(({ value }) => value.toString())
    expect(written).toContain('"path":[[500,-12.50,0.1234567890123456789],[62,9007199254740993,1.0]]')
    expect(without).not.toContain('path')
  })

  it.each([
    '9007199254740993',
    '-9007199254740993',
    '1.50',
    '1E2',
    '0.1234567890123456789',
    '-0.0',
    '1e-400',
    `1${'0'.repeat(50)}`,
  ])('shows a number as it was written: %s', async number => {
    const { post } = await startGateway()
    const shown = number.length > 40 ? `${number.slice(0, 40)}…` : number
    const { json } = await post(event().replace('"account":"testAccount_56"', `"account":${number}`))
    expect(json).toMatchObject({ code: 'invalid_field', detail: expect.stringContaining(`the number ${shown}`) })
  })

  it('names the one of several numbers that is too large', async () => {
    const { post } = await startGateway()
    const { json } = await post(withField('far', '{"n":[1e300,{"n":-2e400}]}'))
    expect(json).toMatchObject({ code: 'number_too_large', pointer: '/far/n/1/n', got: 'the number -2e400' })
  })

  it('names record, field, what was got and what was expected for one wrong record of 1,000', async () => {
    const { post, log } = await startGateway()
    const events = Array.from({ length: 1_000 }, () => anEvent())
    events[613] = anEvent({ deathCount: 'many', account: 'a613' })
    for (const [body, type] of [
      [ndjson(events), 'application/x-ndjson'],
      [JSON.stringify(events), 'application/json'],
    ] as const) {
      log.stored.length = 0
      const reply = await post(body, { type })
      expect(reply.status).toBe(207)
      expect(reply.json).toMatchObject({ accepted: 999, failed: 1 })
      expect(reply.json.results[613]).toEqual({
        index: 613,
        status: 422,
        problem: {
          type: 'urn:millrace:ingest:invalid_field',
          title: 'Invalid field',
          status: 422,
          detail: 'Field /deathCount: got the string "many", expected a number.',
          code: 'invalid_field',
          record: 613,
          pointer: '/deathCount',
          got: 'the string "many"',
          expected: 'a number',
        },
      })
      expect(log.of('lol.raw')).toHaveLength(999)
      expect(log.json('failed-events')).toMatchObject([
        {
          code: 'invalid_field',
          path: '/deathCount',
          sourceEventId: events[613]?.eventId,
          key: Buffer.from('a613').toString('base64'),
          payload: Buffer.from(JSON.stringify(events[613])).toString('base64'),
        },
      ])
    }
  })

  it('tells of every wrong field of a record', async () => {
    const { post } = await startGateway()
    const reply = await post(anEvent({ x: null, status: 7, deathCount: -1 }))
    expect(reply.json).toMatchObject({
      pointer: '/x',
      got: 'null',
      expected: 'a number',
      also: [
        { pointer: '/deathCount', got: 'the number -1', expected: 'at least 0' },
        { pointer: '/status', got: 'the number 7', expected: '0 or 1' },
      ],
    })
    expect(reply.json.detail).toContain('2 more fields are wrong')
    expect((await post({})).json.detail).toContain('11 more fields are wrong')
  })

  it('takes the good records around those that are not JSON, UTF-8 or objects', async () => {
    const { post, log } = await startGateway()
    const bad = Buffer.from(event())
    bad[bad.indexOf('testAccount') + 2] = 0xff
    const parts = [event(), '{"x":NaN}', event(), '17']
    const body = Buffer.concat([Buffer.from(`[${parts.join(',')},`), bad, Buffer.from(`,${event()}]`)])
    const reply = await post(body)
    expect(reply.status).toBe(207)
    expect(reply.json.results.map((result: { problem?: { code: string } }) => result.problem?.code)).toEqual([
      undefined,
      'not_json',
      undefined,
      'not_an_object',
      'invalid_utf8',
      undefined,
    ])
    expect(reply.json.results[4].problem.detail).toContain(`Byte ${bad.indexOf(0xff)} of the record`)
    expect(log.of('lol.raw')).toHaveLength(3)
    expect(log.json('failed-events').map(({ payload }) => Buffer.from(String(payload), 'base64'))).toContainEqual(bad)
  })

  it('takes at most 10,000 records', async () => {
    const { post, log } = await startGateway()
    const line = `${event()}\n`
    const most = await post(line.repeat(10_000), {
      type: 'application/x-ndjson',
      headers: { prefer: 'return=minimal' },
    })
    expect(most.json).toMatchObject({ accepted: 10_000 })
    log.stored.length = 0
    const over = await post(line.repeat(10_001), { type: 'application/x-ndjson' })
    expect(over.status).toBe(413)
    expect(over.json).toMatchObject({ code: 'too_many_records' })
    expect(over.json.detail).toContain('10000')
    expect(log.stored).toEqual([])
  })

  it('refuses a record of 2 MB, takes its neighbours, and keeps none of it', async () => {
    const { post, log } = await startGateway()
    const large = anEvent({ blob: 'x'.repeat(2_000_000) })
    const alone = await post(large)
    expect(alone.status).toBe(413)
    expect(alone.json).toMatchObject({ code: 'record_too_large', record: 0 })
    const mixed = await post([anEvent(), large])
    expect(mixed.status).toBe(207)
    expect(mixed.json.results[1]).toMatchObject({ status: 413, problem: { code: 'record_too_large' } })
    expect(log.of('lol.raw')).toHaveLength(1)
    expect(log.of('failed-events')).toEqual([])
    const fits = anEvent({ blob: '' })
    fits.blob = 'x'.repeat(MAX_RECORD_BYTES - JSON.stringify(fits).length)
    expect((await post(fits)).status).toBe(200)
    expect((await post({ ...fits, more: 1 })).status).toBe(413)
  })

  it('answers a batch of which nothing is accepted with a problem that has all results', async () => {
    const { post } = await startGateway()
    const reply = await post([anEvent({ x: 'a' }), anEvent({ y: 'b' })])
    expect(reply.status).toBe(422)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.json).toMatchObject({ code: 'nothing_accepted', accepted: 0, failed: 2 })
    expect(reply.json.detail).toContain('Record 0: Field /x')
    expect(reply.json.results.map(({ problem }: { problem: { pointer: string } }) => problem.pointer)).toEqual([
      '/x',
      '/y',
    ])
  })

  it.each(['', ' \n ', '[]', '[ ]'])('says that %j has no record', async body => {
    const { post } = await startGateway()
    expect((await post(body)).json).toMatchObject({ status: 400, code: 'no_records' })
  })

  it('recognises lines that were sent as one JSON document, and an array that was sent as a line', async () => {
    const { post } = await startGateway()
    const lines = await post(ndjson([anEvent(), anEvent()]))
    expect(lines.json.detail).toContain('application/x-ndjson')
    const array = await post([anEvent()], { type: 'application/x-ndjson' })
    expect(array.json.results[0].problem.detail).toContain('application/json')
  })

  it('leaves no trace of a __proto__ key on any object', async () => {
    const { post } = await startGateway()
    await post('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect((await post(withField('constructor', '{"prototype":1}'))).status).toBe(200)
  })

  it('never shows a stack, nor more than a little of what was sent', async () => {
    const { post, lines } = await startGateway()
    const reply = await post({ ...lol.topics.raw.route!.samples[0]!, champion: 'secret-'.repeat(1_000) })
    expect(reply.status).toBe(422)
    expect(reply.text.length).toBeLessThan(700)
    expect(reply.text).not.toMatch(/\.ts:|at .*\(/)
    expect(lines.join('')).not.toContain('secret-')
  })
})
