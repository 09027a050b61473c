import { describe, expect, it } from 'vitest'
import { ANSWER_TYPE, BINARY_TYPE, base64, JSON_TYPE, produce, recordsIn } from './confluent-kit.ts'
import { startEmbeddedGateway } from './embedded-log.ts'
import { aKey, anEvent, keyText, startGateway } from './gateway-kit.ts'

describe('errors in the form of Confluent REST Proxy', () => {
  const body = JSON.stringify(recordsIn([anEvent()]))
  const basic = (credentials: string) => ({ authorization: `Basic ${base64(credentials)}` })

  it('are those of keys: the password of Basic authentication is one', async () => {
    const gateway = await startGateway({ keys: [aKey('test', { topics: ['lol.raw'] })] })
    const send = (headers: Record<string, string>, path = '/topics/lol.raw') =>
      produce(gateway, body, { key: null, headers, path })
    expect((await send(basic(`anyone:${keyText('test')}`))).status).toBe(200)
    for (const [headers, hint] of [
      [{}, 'Basic authentication'],
      [{ authorization: 'Basic !' }, 'neither a Bearer nor a Basic one'],
      [basic('no colon'), 'neither'],
      [basic(`${keyText('test')}:`), 'unknown, wrong or revoked'],
      [basic('a:b'), 'unknown, wrong or revoked'],
      [{ authorization: `Bearer ${keyText('nobody')}` }, 'unknown, wrong or revoked'],
    ] as const) {
      const reply = await send(headers)
      expect(reply).toMatchObject({ status: 401, json: { error_code: 40101, message: expect.stringContaining(hint) } })
      expect(reply.headers.get('www-authenticate')).toContain('Basic realm="millrace"')
    }
    const truth = await send(basic(`x:${keyText('test')}`), '/topics/lol.truth')
    expect(truth).toMatchObject({ status: 403, json: { error_code: 40301 } })
    expect(truth.json.message).toContain('This key may write lol.raw.')
    const unknown = await send(basic(`x:${keyText('test')}`), '/topics/lol.rwa')
    expect(unknown).toMatchObject({ status: 404, json: { error_code: 40401 } })
    expect(unknown.json.message).toBe(
      'Clients cannot write a topic "lol.rwa". Did you mean lol.raw? This key may write lol.raw.',
    )
    for (const topic of ['failed-events', 'lol.curated', '__proto__', 'x'.repeat(90)])
      expect((await send(basic(`x:${keyText('test')}`), `/topics/${topic}`)).json.error_code, topic).toBe(40401)
    expect((await send({}, '/topics/nothing')).status).toBe(401)
    expect(gateway.lines.join('')).not.toContain(keyText('test'))
  })

  it('are those of the form of a body', async () => {
    const gateway = await startGateway()
    for (const type of [
      'application/vnd.kafka.avro.v2+json',
      'application/vnd.kafka.protobuf.v2+json',
      'application/vnd.kafka.jsonschema.v2+json',
      'application/vnd.kafka.json.v3+json',
      'application/json',
      'text/plain',
    ]) {
      const reply = await produce(gateway, body, { type })
      expect(reply).toMatchObject({ status: 415, json: { error_code: 415 } })
      expect(reply.json.message).toContain(`"${type}": send application/vnd.kafka.json.v2+json or`)
      expect(reply.headers.get('accept-post')).toBe(`${JSON_TYPE}, ${BINARY_TYPE}`)
    }
  })

  it('are those of what the gateway does not have', async () => {
    const gateway = await startGateway()
    for (const [method, path, status] of [
      ['GET', '/v3/clusters', 404],
      ['POST', '/v3/clusters/c/topics/lol.raw/records', 404],
      ['POST', '/topics/lol.raw/partitions/0', 404],
      ['POST', '/consumers/group', 404],
      ['GET', '/brokers', 404],
      ['DELETE', '/topics/lol.raw', 405],
      ['POST', '/topics', 405],
      ['POST', '/topics/%zz', 400],
    ] as const) {
      const reply = await gateway.post(null, { method, path })
      expect(reply).toMatchObject({ status, json: { error_code: status } })
      expect(reply.headers.get('content-type')).toBe(ANSWER_TYPE)
      if (status === 404) expect(reply.json.message).toContain('POST /topics/<topic>')
      if (status === 405) expect(reply.headers.get('allow')).toContain('GET')
    }
  })

  it('are those of a fault, with an id', async () => {
    const gateway = await startGateway()
    gateway.log.onAppend = async () => {
      throw new Error('a secret of the pool')
    }
    const reply = await produce(gateway, body)
    expect(reply).toMatchObject({ status: 500, json: { error_code: 500 } })
    expect(reply.text).not.toContain('secret')
  })
})

describe('GET /topics', () => {
  it('lists what the key may write', async () => {
    const { post } = await startEmbeddedGateway({ keys: [aKey('test', { topics: ['lol.raw', 'unknown'] })] })
    const get = (path: string, key: string | null = keyText('test')) =>
      post(null, { method: 'GET', path, key, type: null })
    expect(await get('/topics')).toMatchObject({ status: 200, json: ['lol.raw'] })
    const one = await get('/topics/lol.raw')
    expect(one).toMatchObject({ status: 200, json: { name: 'lol.raw', configs: {} } })
    expect(one.json.partitions.map(({ partition }: { partition: number }) => partition)).toEqual([0, 1, 2, 3, 4, 5])
    expect(one.headers.get('content-type')).toBe(ANSWER_TYPE)
    expect(await get('/topics/lol.truth')).toMatchObject({ status: 403, json: { error_code: 40301 } })
    expect(await get('/topics/nothing')).toMatchObject({ status: 404, json: { error_code: 40401 } })
    for (const path of ['/topics', '/topics/lol.raw'])
      expect(await get(path, null)).toMatchObject({ status: 401, json: { error_code: 40101 } })
  })

  it('says 503 while the log is away', async () => {
    const { post, log } = await startGateway()
    log.leaderlessTopics.add('lol.raw')
    const reply = await post(null, { method: 'GET', path: '/topics/lol.raw', type: null })
    expect(reply).toMatchObject({ status: 503, json: { error_code: 50302 } })
    expect(reply.headers.get('retry-after')).toBe('5')
  })
})

describe('web pages', () => {
  it('may produce from an origin that the key allows', async () => {
    const site = 'https://game.example'
    const gateway = await startGateway({ keys: [aKey('test', { corsOrigins: [site] })] })
    const preflight = await gateway.post(null, {
      method: 'OPTIONS',
      path: '/topics/lol.raw',
      key: null,
      headers: { origin: site, 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(site)
    const reply = await produce(gateway, recordsIn([anEvent()]), { headers: { origin: site } })
    expect(reply.headers.get('access-control-allow-origin')).toBe(site)
    const other = await produce(gateway, recordsIn([anEvent()]), { headers: { origin: 'https://evil.example' } })
    expect(other).toMatchObject({ status: 403, json: { error_code: 403 } })
  })
})
