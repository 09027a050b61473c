import { web } from '@millrace/domains/web/contract'
import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { hashOfKey } from '../src/keys/api-key.ts'
import { aKey, anEvent, keyText, startGateway } from './gateway-kit.ts'

describe('browser keys', () => {
  const site = 'https://shop.example'
  const text = `mb_${'shop'.repeat(8)}`
  const browserKey = aKey('shop', {
    hash: hashOfKey(text),
    topics: ['web.raw', 'lol.raw'],
    quota: { recordsPerSecond: 100 },
    corsOrigins: [site],
    browser: true,
  })
  const path = web.topics.raw.route!.path
  const event = web.topics.raw.route!.samples[0]!
  const start = (options = {}) =>
    startGateway({ domain: web, keys: [browserKey, aKey('test', { topics: ['web.raw'] })], ...options })
  const fromPage = (query: string, more: Record<string, string> = {}) => ({
    path: `${path}?${query}`,
    key: null,
    type: 'text/plain;charset=UTF-8',
    headers: { origin: site, ...more },
  })

  it('may be in the address, send text/plain without a preflight, and are answered only what failed', async () => {
    const { post, log, lines } = await start()
    const reply = await post([event, event, { ...event, user_key: 'x' }], fromPage(`key=${text}`))
    expect(reply.status).toBe(207)
    expect(reply.json).toMatchObject({ accepted: 2, failed: 1, results: [{ index: 2, status: 422 }] })
    expect(reply.text).not.toMatch(/partition|offset/)
    expect(reply.headers.get('access-control-allow-origin')).toBe(site)
    expect(reply.headers.get('preference-applied')).toBeNull()
    expect(log.of('web.raw')).toHaveLength(2)
    const header = await post([event], { path, key: text, headers: { origin: site } })
    expect(header.json).toEqual({ accepted: 1, failed: 0, results: [] })
    expect(lines.join('')).not.toContain(text)
  })

  it('are refused without an origin, from another one, and from the gateway itself', async () => {
    const { post, url, log } = await start()
    const { headers: _, ...without } = fromPage(`key=${text}`)
    expect((await post([event], without)).json).toMatchObject({ status: 403, code: 'origin_missing' })
    for (const origin of ['https://evil.example', 'null', `${site}.evil.example`, url]) {
      const reply = await post([event], fromPage(`key=${text}`, { origin }))
      expect(reply.json).toMatchObject({ status: 403, code: 'origin_not_allowed' })
      // A page must be able to read why.
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
    }
    expect(log.stored).toEqual([])
  })

  it('may write only topics that a contract opens, whatever the key file says', async () => {
    const { post, log } = await startGateway({ keys: [browserKey] })
    const reply = await post([anEvent()], { path: '/v1/events/lol', key: text, headers: { origin: site } })
    expect(reply.json).toMatchObject({ status: 403, code: 'topic_not_allowed' })
    expect(reply.json.detail).toContain('does not let browser keys write it')
    expect(log.stored).toEqual([])
  })

  it('are bound by their quota', async () => {
    const clock = new ManualClock()
    const { post } = await start({ clock })
    expect((await post(Array(150).fill(event), fromPage(`key=${text}`))).status).toBe(200)
    const stopped = await post([event], fromPage(`key=${text}`))
    expect(stopped.json).toMatchObject({ status: 429, code: 'quota_exceeded' })
    expect(stopped.headers.get('access-control-expose-headers')).toContain('retry-after')
  })

  it.each([
    ['an API key', `key=${keyText('test')}`],
    ['an API key beside a header', `key=${keyText('test')}`, { authorization: `Bearer ${keyText('test')}` }],
    ['two keys', `key=${text}&key=${text}`],
    ['nothing', 'key='],
  ])(
    'alone may be in the address: not %s, which is not repeated',
    async (_, query, headers: Record<string, string> = {}) => {
      const { post, log, lines } = await start()
      const reply = await post([event], fromPage(query, headers))
      expect(reply.json).toMatchObject({ status: 400, code: 'key_in_query' })
      expect(reply.text + lines.join('')).not.toContain(keyText('test'))
      expect(log.stored).toEqual([])
    },
  )

  it('that are revoked are refused in a way that their pages can read', async () => {
    const { post } = await start({ keys: [{ ...browserKey, revokedAt: '2024-02-01T00:00:00.000Z' }] })
    const reply = await post([event], fromPage(`key=${text}`))
    expect(reply.json).toMatchObject({ status: 401, code: 'key_wrong' })
    expect(reply.headers.get('access-control-allow-origin')).toBe(site)
  })

  it('let no other key send text/plain', async () => {
    const { post } = await start()
    expect((await post('[]', { path, type: 'text/plain' })).json).toMatchObject({ code: 'unsupported_media_type' })
  })
})

describe('the time of sending', () => {
  const MINUTE_MS = 60_000
  const path = '/v1/events/lol'

  it.each([-10 * MINUTE_MS, 0, 10 * MINUTE_MS])('may be %d ms from that of the gateway', async skewMs => {
    const clock = new ManualClock()
    const { post } = await startGateway({ clock })
    expect((await post(anEvent(), { path: `${path}?sent=${clock.now() + skewMs}` })).status).toBe(200)
  })

  it.each([-10 * MINUTE_MS - 1, 10 * MINUTE_MS + 1, -365 * 1_440 * MINUTE_MS])(
    'may not be %d ms from it: nothing is stored, and the answer has the right time',
    async skewMs => {
      const clock = new ManualClock()
      const { post, log } = await startGateway({ clock })
      const reply = await post(anEvent(), { path: `${path}?sent=${clock.now() + skewMs}` })
      expect(reply.json).toMatchObject({ status: 409, code: 'clock_skew', now: clock.now() })
      expect(reply.json.detail).toContain(new Date(clock.now() + skewMs).toISOString())
      expect(log.stored).toEqual([])
    },
  )

  it.each(['', 'yesterday', '1.5', '1e9', '9'.repeat(4_000)])(
    'must be a number of milliseconds: not %s',
    async text => {
      const { post, log } = await startGateway()
      const reply = await post(anEvent(), { path: `${path}?sent=${text}` })
      expect(reply.json).toMatchObject({
        status: 400,
        code: 'bad_query',
        expected: 'whole milliseconds since the epoch',
      })
      expect(reply.text.length).toBeLessThan(2_000)
      expect(log.stored).toEqual([])
    },
  )
})
