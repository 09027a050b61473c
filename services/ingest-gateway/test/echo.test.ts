import { request } from 'node:http'
import { expect, it } from 'vitest'
import { anEvent, keyText, startGateway } from './gateway-kit.ts'

const LONG = 'long'.repeat(1_000)
/** Far above the limit, for an answer may repeat a text in several places. */
const MAX_ANSWER_CHARACTERS = 4_000

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Everything of a request that a client chooses, each of it long. */
const requests: readonly (readonly [string, Sent])[] = [
  ['path', { path: `/${LONG}` }],
  ['path that is no URL', { path: `/%zz${LONG}` }],
  ['path of events', { path: `/v1/events/${LONG}` }],
  ['query', { path: `/docs?${LONG}` }],
  ...[
    'Authorization',
    'Origin',
    'Content-Type',
    'Content-Encoding',
    'Idempotency-Key',
    'Prefer',
    'Expect',
    'Traceparent',
    'Host',
  ].flatMap((name): (readonly [string, Sent])[] =>
    [LONG, `${LONG} é`].map(value => [`header ${name}`, { headers: { [name]: value } }]),
  ),
  ['charset', { headers: { 'Content-Type': `application/json; charset=${LONG}` } }],
  ['field name', { body: JSON.stringify(anEvent({ [LONG]: '\ud800' })) }],
  ['forbidden field', { body: `{"${LONG}":{"__proto__":1}}` }],
  ['number', { body: `{"x":${'9'.repeat(4_000)}}` }],
  ['key that is too deep', { body: `{"${LONG}":`.repeat(70) + '1'.padEnd(71, '}') }],
  ['text in a field', { body: JSON.stringify(anEvent({ method: LONG, x: LONG, y: LONG, ingametime: LONG })) }],
  ['text that is no JSON', { body: LONG }],
  ['batch', { body: JSON.stringify([LONG, anEvent({ [LONG]: '\ud800' })]) }],
]

it.each(requests)('an answer cuts what it repeats of a request: a long %s', async (_, sent) => {
  const { port, lines } = await startGateway()
  const { method = 'POST', path = '/v1/events/lol', headers = {}, body = JSON.stringify(anEvent()) } = sent
  const answer = await new Promise<string>((resolve, reject) => {
    const defaults = { Authorization: `Bearer ${keyText('test')}`, 'Content-Type': 'application/json' }
    const asking = request({ port, host: '127.0.0.1', method, path, headers: { ...defaults, ...headers } })
    asking.on('error', reject).on('response', response => {
      let text = JSON.stringify(response.headers)
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    })
    asking.end(body)
  })
  for (const text of [answer, ...lines]) {
    expect(text.length).toBeLessThan(MAX_ANSWER_CHARACTERS)
    expect(text).not.toMatch(/(?:long){51}|9{201}/i)
  }
})
