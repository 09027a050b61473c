import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { aKey, anEvent, keyText, startGateway } from './gateway-kit.ts'

describe('API keys', () => {
  it('are needed, and wrong ones are told nothing', async () => {
    const { post, log, lines, registry } = await startGateway({
      keys: [aKey('test'), aKey('gone', { revokedAt: '2024-02-01T00:00:00.000Z' })],
    })
    const none = await post(anEvent(), { key: null })
    expect(none.json).toMatchObject({ status: 401, code: 'key_missing' })
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="millrace"')
    const basic = await post(anEvent(), { key: null, headers: { authorization: 'Basic dXNlcjpwYXNz' } })
    expect(basic.json).toMatchObject({ status: 401, code: 'key_missing' })
    const almost = `${keyText('test').slice(0, -1)}y`
    const wrong = [almost, keyText('gone'), keyText('nobody'), 'x', `${keyText('test')}x`]
    const answers = await Promise.all(wrong.map(key => post(anEvent(), { key })))
    for (const reply of answers) {
      expect(reply.json).toMatchObject({ status: 401, code: 'key_wrong' })
      expect(reply.headers.get('www-authenticate')).toContain('invalid_token')
    }
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(log.stored).toEqual([])
    const everything = lines.join('') + (await registry.metrics()) + answers.map(({ text }) => text).join('')
    for (const key of wrong.slice(0, 3)) expect(everything).not.toContain(key)
    expect(await registry.metrics()).toMatch(/refusals_total\{of="request",code="key_wrong".*\} 5\n/)
  })

  it('are asked for before anything is said about bodies', async () => {
    const { post } = await startGateway()
    expect((await post('x', { key: null, type: 'text/plain' })).status).toBe(401)
  })

  it('may write only their topics', async () => {
    const { post, log } = await startGateway({
      keys: [aKey('onlyraw', { topics: ['lol.raw'] }), aKey('none', { topics: [] })],
    })
    const key = keyText('onlyraw')
    expect((await post(anEvent(), { key })).status).toBe(200)
    const refused = await post(anEvent(), { key, path: '/v1/events/lol/truth' })
    expect(refused.json).toMatchObject({ status: 403, code: 'topic_not_allowed' })
    expect(refused.json.detail).toBe('This needs a key that may write lol.truth. This key may write lol.raw.')
    expect((await post(anEvent(), { key: keyText('none') })).json.detail).toContain('no topic at all')
    expect(log.of('lol.truth')).toEqual([])
  })
})

describe('quotas', () => {
  it('stop a key that has used up its records, and say when to go on', async () => {
    const clock = new ManualClock()
    const { post, log, registry } = await startGateway({
      clock,
      options: { replicas: 2 },
      keys: [aKey('test', { quota: { recordsPerSecond: 20 } }), aKey('free')],
    })
    expect((await post(Array.from({ length: 10 }, () => anEvent()))).status).toBe(200)
    const stopped = await post(anEvent())
    expect(stopped.json).toMatchObject({ status: 429, code: 'quota_exceeded' })
    expect(stopped.json.detail).toContain('10 records a second')
    expect(stopped.headers.get('retry-after')).toBe('1')
    expect((await post(anEvent(), { key: keyText('free') })).status).toBe(200)
    await clock.advance(500)
    expect((await post(Array.from({ length: 35 }, () => anEvent()))).status).toBe(200)
    expect((await post(anEvent())).headers.get('retry-after')).toBe('3')
    await clock.advance(2_900)
    expect((await post(anEvent())).status).toBe(429)
    await clock.advance(200)
    expect((await post(anEvent())).status).toBe(200)
    expect(log.of('lol.raw')).toHaveLength(47)
    const metrics = await registry.metrics()
    expect(metrics).toMatch(/key_records_total\{key="test".*\} 46\n/)
    expect(metrics).toMatch(/key_records_total\{key="free".*\} 1\n/)
    expect(metrics).toMatch(/quota_refusals_total\{key="test".*\} 3\n/)
    expect(metrics).toMatch(/quota_refusals_total\{key="free".*\} 0\n/)
  })

  it('count bytes after decompression', async () => {
    const clock = new ManualClock()
    const { post } = await startGateway({ clock, keys: [aKey('test', { quota: { bytesPerSecond: 1_000 } })] })
    expect((await post(anEvent({ pad: 'x'.repeat(5_000) }))).status).toBe(200)
    const stopped = await post(anEvent())
    expect(stopped.json.detail).toContain('1000 bytes a second')
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThanOrEqual(4)
    await clock.advance(6_000)
    expect((await post(anEvent())).status).toBe(200)
  })

  it('never save up more than a second', async () => {
    const clock = new ManualClock()
    const { post } = await startGateway({ clock, keys: [aKey('test', { quota: { recordsPerSecond: 5 } })] })
    await post(anEvent())
    await clock.advance(3_600_000)
    await post(Array.from({ length: 5 }, () => anEvent()))
    expect((await post(anEvent())).status).toBe(429)
  })
})

describe('browsers', () => {
  const site = 'https://game.example'
  const keys = [aKey('page', { corsOrigins: [site] }), aKey('test')]

  it('may send from an origin that the key allows, and read the answer', async () => {
    const { post, url } = await startGateway({ keys })
    const preflight = await fetch(`${url}/v1/events/lol`, {
      method: 'OPTIONS',
      headers: {
        origin: site,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(site)
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization')
    const reply = await post(anEvent(), { key: keyText('page'), headers: { origin: site } })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('access-control-allow-origin')).toBe(site)
    expect(reply.headers.get('vary')).toBe('Origin')
    const refused = await post('x', { key: null, headers: { origin: site } })
    expect(refused.headers.get('access-control-allow-origin')).toBe(site)
  })

  it('may not from another origin, nor with a key that allows none', async () => {
    const { post, url, log } = await startGateway({ keys })
    const preflight = await fetch(`${url}/v1/events/lol`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example' },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
    expect(preflight.headers.get('access-control-allow-headers')).toBeNull()
    for (const [key, origin] of [
      [keyText('page'), 'https://evil.example'],
      [keyText('test'), site],
    ] as const) {
      const reply = await post(anEvent(), { key, headers: { origin } })
      expect(reply.json).toMatchObject({ status: 403, code: 'origin_not_allowed' })
    }
    expect(log.stored).toEqual([])
  })

  it('may from the page of the gateway itself', async () => {
    const { post, url } = await startGateway({ keys })
    expect((await post(anEvent(), { headers: { origin: url } })).status).toBe(200)
  })
})

describe('routes and headers', () => {
  it('suggests the domain or path that was meant', async () => {
    const { post } = await startGateway()
    const domain = await post(anEvent(), { path: '/v1/events/lool' })
    expect(domain.json).toMatchObject({ status: 404, code: 'unknown_route' })
    expect(domain.json.detail).toContain('Did you mean /v1/events/lol?')
    expect((await post(anEvent(), { path: '/v1/events/weather' })).json.detail).toContain('Known: /v1/events/lol, ')
    expect((await post(anEvent(), { path: '/v1/events/__proto__' })).status).toBe(404)
    const path = await post(anEvent(), { path: '/v1/event/lol' })
    expect(path.json).toMatchObject({ status: 404, code: 'unknown_route' })
    expect(path.json.detail).toContain('Did you mean /v1/events/lol?')
    expect((await post(null, { path: '/admin', method: 'GET' })).json.detail).toContain('Known: /v1/events/lol,')
    expect((await post(null, { path: '/v1/events/%zz' })).json).toMatchObject({ status: 400, code: 'bad_request' })
  })

  it('names the method that is needed', async () => {
    const { post } = await startGateway()
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const reply = await post(null, { method, path: '/v1/events/lol/' })
      expect(reply.json).toMatchObject({ status: 405, code: 'method_not_allowed' })
      expect(reply.headers.get('allow')).toBe('POST, OPTIONS')
    }
    expect((await post(null, { path: '/openapi.json' })).headers.get('allow')).toBe('GET, HEAD')
  })

  it.each([
    null,
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'nonsense',
    ';',
  ])('refuses a body of type %s', async type => {
    const { post, log } = await startGateway()
    const reply = await post(Buffer.from(JSON.stringify(anEvent())), { type })
    expect(reply.json).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    expect(reply.headers.get('accept-post')).toBe('application/json, application/x-ndjson')
    expect(log.stored).toEqual([])
  })

  it.each([
    'application/json; charset=UTF-8',
    'Application/JSON',
    'application/ndjson',
    'application/jsonl',
    'application/vnd.ours.v1+json',
  ])('takes a body of type %s', async type => {
    const { post } = await startGateway()
    expect((await post(anEvent(), { type })).status).toBe(200)
  })

  it.each(['text/html', 'application/json;q=0', 'nonsense'])(
    'stores events whatever the client accepts: %s',
    async accept => {
      const { post } = await startGateway()
      expect(await post(anEvent(), { headers: { accept } })).toMatchObject({ status: 200, json: { accepted: 1 } })
    },
  )

  it('refuses an Idempotency-Key that is none', async () => {
    const { post } = await startGateway()
    const reply = await post(anEvent(), { headers: { 'idempotency-key': 'x'.repeat(256) } })
    expect(reply.json).toMatchObject({ status: 400, code: 'bad_header', got: '256 characters' })
    const blank = await post(anEvent(), { headers: { 'idempotency-key': 'order 1' } })
    expect(blank.json).toMatchObject({ status: 400, code: 'bad_header', got: 'a blank at position 6' })
  })
})
