import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ManualClock, Secret } from '@millrace/runtime'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpProvider } from './http-provider.ts'

const TOKEN = 'very-secret-token'
const TIMEOUT_MS = 10_000
const message = {
  ...{ requestId: '48@2024-03-24', customerId: 48, campaign: 'ad-target', campaignDay: '2024-03-24' },
  text: 'Three months of Gold – 물레방아',
}

interface Asked {
  readonly request: IncomingMessage
  readonly body: string
}

/** A provider on this machine that answers every message in this way. */
async function serve(answer: (response: ServerResponse, asked: Asked) => void) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    asked.push({ request, body: Buffer.concat(chunks).toString() })
    server.emit('asked')
    answer(response, asked.at(-1)!)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const clock = new ManualClock(Date.UTC(2024, 2, 24, 12))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/messages`
  const provider = createHttpProvider({ url, token: new Secret(TOKEN), timeoutMs: TIMEOUT_MS, clock })
  return { provider, clock, asked, url, untilAsked: () => once(server, 'asked') }
}
const answering = (status: number, headers: Readonly<Record<string, string>> = {}, body = '') =>
  serve(response => response.writeHead(status, headers).end(body))

describe('the HTTP provider', () => {
  it.each([200, 201, 202, 204])('has a message that it answers with %i', async status => {
    const { provider, asked } = await answering(status)
    expect(await provider.send(message)).toEqual({ kind: 'sent' })
    const [{ request, body } = { request: null, body: '' }] = asked
    expect([request?.method, request?.url]).toEqual(['POST', '/v1/messages'])
    expect(request?.headers).toMatchObject({
      ...{ 'idempotency-key': '48@2024-03-24', authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    })
    expect(JSON.parse(body)).toEqual(message)
  })

  it('needs no token', async () => {
    const { url, clock, asked } = await answering(200)
    await createHttpProvider({ url, timeoutMs: TIMEOUT_MS, clock }).send(message)
    expect(asked[0]?.request.headers.authorization).toBeUndefined()
  })

  it.each([408, 409, 425, 429, 500, 502, 503, 504])('may be asked again after %i', async status => {
    const { provider } = await answering(status, {}, 'busy')
    expect(await provider.send(message)).toEqual({ kind: 'again', reason: `HTTP ${status} busy`, retryAfterMs: null })
  })

  it.each([301, 302, 307, 400, 401, 403, 404, 410, 413, 422])('refuses a message with %i', async status => {
    const { provider, asked } = await answering(status, { location: '/elsewhere' }, 'no')
    expect(await provider.send(message)).toEqual({ kind: 'refused', reason: `HTTP ${status} no` })
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['7', 7_000],
    ['0', 0],
    ['Sun, 24 Mar 2024 12:00:30 GMT', 30_000],
    ['Sun, 24 Mar 2024 11:00:00 GMT', 0],
    ['soon', null],
    ['-5', 0],
  ])('asks for a wait with Retry-After: %s', async (value, retryAfterMs) => {
    const { provider } = await answering(429, { 'retry-after': value })
    expect(await provider.send(message)).toEqual({ kind: 'again', reason: 'HTTP 429', retryAfterMs })
  })

  it('may be asked again where it does not answer in time', async () => {
    const { provider, clock, untilAsked } = await serve(() => {})
    const asked = untilAsked()
    const answer = provider.send(message)
    await asked
    await clock.advance(TIMEOUT_MS)
    expect(await answer).toEqual({ kind: 'again', reason: 'no answer within 10000 ms', retryAfterMs: null })
  })

  it('may be asked again where the connection is lost, or there is none', async () => {
    const lost = await serve(response => response.destroy())
    expect(await lost.provider.send(message)).toMatchObject({ kind: 'again', retryAfterMs: null })
    const { clock } = lost
    const none = createHttpProvider({ url: 'http://127.0.0.1:1/', timeoutMs: TIMEOUT_MS, clock })
    expect(await none.send(message)).toMatchObject({
      kind: 'again',
      reason: expect.stringMatching(/refused|bad port/i),
    })
  })

  it('has what it said it has, though the connection is lost while it says more', async () => {
    const { provider } = await serve(response => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"id":', () => response.destroy())
    })
    expect(await provider.send(message)).toEqual({ kind: 'sent' })
  })

  it('is heard up to 200 characters, however much it says', async () => {
    // More than it hears, and no end.
    const { provider } = await serve(response => response.writeHead(400).write('x'.repeat(1_000_000)))
    const answer = await provider.send(message)
    expect(answer).toEqual({ kind: 'refused', reason: `HTTP 400 ${'x'.repeat(200)}` })
  })

  it('is not quoted where it repeats the token or the text', async () => {
    const { provider } = await serve((response, { request, body }) =>
      response.writeHead(400).end(`${request.headers.authorization} ${JSON.parse(body).text}`),
    )
    expect(await provider.send(message)).toEqual({ kind: 'refused', reason: 'HTTP 400 Bearer [redacted] [text]' })
  })
})
