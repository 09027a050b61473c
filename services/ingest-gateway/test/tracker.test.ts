import { hash } from 'node:crypto'
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { trackerBuilds } from '@millrace/click-tracker/builds'
import { describe, expect, it } from 'vitest'
import { acceptedCoding, pinnedTracker, trackerSnippet } from '../src/routes/tracker.ts'
import { startGateway } from './gateway-kit.ts'

const [script] = trackerBuilds
const DECODERS = { br: brotliDecompressSync, gzip: gunzipSync, identity: (bytes: Buffer) => bytes }

/** One request, whose answer is not decompressed. */
const get = (port: number, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, method, headers })
      .on('error', reject)
      .on('response', response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      })
      .end()
  })

describe('the script of the tracker', () => {
  it.each(['br', 'gzip', 'identity'] as const)('is served to every page, as %s', async coding => {
    const { port } = await startGateway()
    const reply = await get(port, '/tracker/v1.js', { 'accept-encoding': coding })
    expect(reply.status).toBe(200)
    expect(DECODERS[coding](reply.body).toString()).toBe(script)
    expect(reply.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=86400',
      vary: 'Accept-Encoding',
    })
    expect(reply.headers['content-encoding']).toBe(coding === 'identity' ? undefined : coding)
    const tag = String(reply.headers.etag)
    const again = await get(port, '/tracker/v1.js', { 'accept-encoding': coding, 'if-none-match': `"other", W/${tag}` })
    expect([again.status, again.body.length]).toEqual([304, 0])
    expect(again.headers).toMatchObject({ etag: tag, 'cache-control': 'public, max-age=86400' })
    const other = await get(port, '/tracker/v1.js', { 'accept-encoding': coding, 'if-none-match': '"other"' })
    expect(other.status).toBe(200)
  })

  it('has an address of its own for good, with the hash that the snippet of the API page says', async () => {
    const { port, post } = await startGateway()
    const reply = await get(port, pinnedTracker.path)
    expect(reply.status).toBe(200)
    expect(reply.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const integrity = `sha384-${hash('sha384', reply.body, 'base64')}`
    expect(pinnedTracker.integrity).toBe(integrity)
    const snippet = trackerSnippet('https://events.shop.example.com', 'mb_...')
    expect(snippet).toContain(`src="https://events.shop.example.com${pinnedTracker.path}"\n  integrity="${integrity}"`)
    const front = await post(null, { path: '/', method: 'GET', key: null })
    expect(front.json.tracker).toBe('/tracker/v1.js')
  })

  it('is read only, and no other file is there', async () => {
    const { port, post } = await startGateway()
    expect((await get(port, '/tracker/v1.js', {}, 'HEAD')).status).toBe(200)
    expect((await post('', { path: '/tracker/v1.js' })).headers.get('allow')).toBe('GET, HEAD')
    const missing = await post(null, { path: '/tracker/v2.js', method: 'GET' })
    expect(missing.json).toMatchObject({ status: 404, code: 'unknown_route' })
    expect(missing.json.detail).toContain('Did you mean /tracker/v1.js?')
  })

  it.each([
    [undefined, null],
    ['', null],
    ['identity', null],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0, GZIP;q=0.5', 'gzip'],
    ['br; q=0.000', null],
    ['deflate', null],
  ])('has the coding that a client accepts: %s', (header, coding) => {
    expect(acceptedCoding(header, ['br', 'gzip'])).toBe(coding)
  })
})
