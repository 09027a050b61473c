import { gzipSync } from 'node:zlib'
import { createCatalog, type DomainContract, type Topic } from '@millrace/contracts'
import { allDomains } from '@millrace/domains/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { ManualClock, type Registry } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import type { ApiKey } from '../src/keys/api-key.ts'
import {
  EXAMPLE_BROWSER_HEADERS,
  EXAMPLE_HEADERS,
  exampleBrowserKey,
  exampleKey,
} from '../src/openapi/answer-without-log.ts'
import { shapeDescriptions } from '../src/openapi/foreign-shapes.ts'
import {
  commonRefusals,
  EXAMPLE_EXPECTATION,
  EXAMPLE_QUOTA,
  EXAMPLE_SKEW,
  misspelt,
  topicRefusals,
} from '../src/openapi/refusal-examples.ts'
import { shapeExamples } from '../src/openapi/shape-examples.ts'
import { refusedRecords } from '../src/openapi/topic-records.ts'
import { defaultOptions, type GatewayOptions } from '../src/options.ts'
import { type FakeLog, failAll } from './fake-log.ts'
import { type Reply, rawConnection, startGateway, until } from './gateway-kit.ts'
import { orchard } from './orchard.ts'
import { type ApiDocument, type DocumentedAnswer, documentOf, examplesOf } from './read-document.ts'

/** An answer, and the document of the gateway that gave it. */
interface Answered {
  readonly reply: Pick<Reply, 'status' | 'headers' | 'text'>
  readonly document: ApiDocument
}

interface Target {
  readonly domain: DomainContract
  readonly topic: Topic
}

const domains = [...allDomains, orchard]
const routesOf = (domain: DomainContract) => [...createCatalog([domain]).routes.values()]
const sampleOf = ({ topic }: Target) => topic.route!.samples[0]!
const pathOf = ({ topic }: Target) => topic.route!.path

async function start(
  { domain }: Target,
  {
    key,
    options,
    clock,
  }: { readonly key?: ApiKey; readonly options?: Partial<GatewayOptions>; readonly clock?: ManualClock } = {},
) {
  const gateway = await startGateway({
    domain,
    keys: [key ?? exampleKey(routesOf(domain).map(({ name }) => name))],
    options: { ...defaultOptions, ...options },
    ...(clock ? { clock } : {}),
  })
  const served = await gateway.post(null, { path: '/openapi.json', method: 'GET', key: null, type: null })
  return { ...gateway, document: served.json as ApiDocument }
}

type Body = string | Buffer | object

/** Sends one request of the examples' key. */
async function send(
  target: Target,
  body: Body,
  given: Parameters<typeof start>[1] & {
    readonly headers?: Readonly<Record<string, string>>
    /** Parameters of the address. */
    readonly query?: string | undefined
    readonly onAppend?: FakeLog['onAppend']
    /** Sent before, to bring the gateway into its state. */
    readonly before?: Body
  } = {},
): Promise<Answered> {
  const { post, log, document } = await start(target, given)
  log.onAppend = given.onAppend
  const path = pathOf(target) + (given.query === undefined ? '' : `?${encodeURI(given.query)}`)
  const options = { path, key: null, type: null, headers: given.headers ?? EXAMPLE_HEADERS }
  if (given.before !== undefined) await post(given.before, options)
  return { reply: await post(body, options), document }
}

/** Sends bytes by hand, and reads the answer until the gateway closes the connection. */
async function sendRaw(
  target: Target,
  headers: readonly string[],
  options: Partial<GatewayOptions> = {},
): Promise<Answered> {
  const { port, document } = await start(target, { options })
  const connection = rawConnection(port)
  connection.socket.write(`${[`POST ${pathOf(target)} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`)
  await until('the connection is closed', () => connection.closed)
  const [head = '', text = ''] = connection.received.split(/\r\n\r\n/)
  const [first = '', ...lines] = head.split('\r\n')
  const fields = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 1),
  ])
  return { reply: { status: Number(first.split(' ')[1]), headers: new Headers(fields), text }, document }
}

const authorized = `Authorization: ${EXAMPLE_HEADERS.authorization}`
const fails = (code: Parameters<typeof failAll>[0], details = {}) => ({ onAppend: failAll(code, details) })

/** How the gateway comes to give each answer that does not follow from the request alone, by the name of its example. */
const provocations: Readonly<Record<string, (target: Target) => Promise<Answered>>> = {
  bad_request: target => sendRaw(target, ['Content-Length: 0']),
  request_timeout: target =>
    sendRaw(target, ['Host: x', authorized, 'Content-Type: application/json', 'Content-Length: 10'], {
      requestTimeoutMs: 200,
      timeoutCheckMs: 20,
    }),
  body_too_large: target => send(target, 'x'.repeat(2_000), { options: { maxBodyBytes: 1_999 } }),
  body_too_large_decompressed: target =>
    send(target, gzipSync('x'.repeat(2_000)), {
      options: { maxDecodedBytes: 1_999 },
      headers: { ...EXAMPLE_HEADERS, 'content-encoding': 'gzip' },
    }),
  origin_missing: target =>
    send(target, '[]', { key: exampleBrowserKey([target.topic.name]), headers: EXAMPLE_BROWSER_HEADERS }),
  clock_skew: target => send(target, '[]', { query: EXAMPLE_SKEW, clock: new ManualClock() }),
  expectation_failed: target => sendRaw(target, ['Host: x', `Expect: ${EXAMPLE_EXPECTATION}`, 'Content-Length: 0']),
  quota_exceeded: target =>
    send(target, sampleOf(target), {
      key: exampleKey([target.topic.name], { recordsPerSecond: EXAMPLE_QUOTA.recordsPerSecond }),
      clock: new ManualClock(),
      before: Array(EXAMPLE_QUOTA.sentRecords).fill(sampleOf(target)),
    }),
  headers_too_large: target => sendRaw(target, ['Host: x', `X-Large: ${'x'.repeat(20_000)}`]),
  internal_error: target =>
    send(target, sampleOf(target), {
      onAppend: async () => {
        throw new Error('a fault of the gateway')
      },
    }),
  overloaded: target =>
    send(target, sampleOf(target), { ...fails('log_saturated', { bytes: 1, limit: 1 }), before: sampleOf(target) }),
  log_unavailable: target => send(target, sampleOf(target), fails('log_unavailable')),
  nothing_accepted_log_unavailable: target => send(target, Array(2).fill(sampleOf(target)), fails('log_unavailable')),
  log_timeout: target => send(target, sampleOf(target), fails('append_timeout')),
  failed_event_not_stored: target => send(target, '17', fails('log_unavailable')),
  topic_missing: target => send(target, sampleOf(target), fails('unknown_topic', { topic: target.topic.name })),
  topic_not_allowed: target => {
    const [other] = routesOf(target.domain).filter(({ name }) => name !== target.topic.name)
    return send(target, '', { key: exampleKey(other ? [other.name] : []) })
  },
  async unknown_route(target) {
    const { post, document } = await start(target)
    return { reply: await post('', { path: misspelt(pathOf(target)), headers: EXAMPLE_HEADERS }), document }
  },
  async method_not_allowed(target) {
    const { post, document } = await start(target)
    return { reply: await post(null, { method: 'GET', path: pathOf(target) }), document }
  },
}

/** Headers of HTTP itself and of CORS, which every answer may have. */
const ORDINARY = /^(content-(type|length)|date|connection|keep-alive|transfer-encoding|vary|access-control-.*)$/

/** A body without what differs from one request to the next: ids, partitions and offsets. */
const comparable = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id')
    .replace(/"partition":\d+,"offset":\d+/g, '"partition":0,"offset":0')
    .replace(/the partition of this record is \d+/g, 'the partition of this record is 0')

/** Compares an answer with the example of that name in the document of the same gateway. */
function expectDocumented({ reply, document }: Answered, { topic }: Target, name: string): void {
  const { path } = topic.route!
  const documented = examplesOf(document).filter(example => example.path === path && example.name === name)
  expect(documented).toHaveLength(1)
  const [{ status, contentType, value }] = documented as [(typeof documented)[number]]
  expect({
    status: reply.status,
    contentType: reply.headers.get('content-type'),
    body: comparable(reply.text),
  }).toEqual({ status, contentType, body: comparable(JSON.stringify(value)) })
  const headers = Object.entries(document.paths[path]!.post.responses[status]!.headers ?? {})
  const described = new Map(headers.map(([header, { description }]) => [header.toLowerCase(), description]))
  for (const [header, text] of reply.headers)
    if (!ORDINARY.test(header)) expect(described.get(header), header).toContain(`\`${text}\``)
}

describe.each(domains.map(domain => [domain.name, domain] as const))('the document of the domain %s', (_, domain) => {
  const catalog = createCatalog([domain])
  const document = documentOf(catalog)
  const [anyTopic] = routesOf(domain)
  const common = commonRefusals(anyTopic!, defaultOptions)

  describe.each(routesOf(domain).map(topic => [topic.name, topic] as const))('for %s', (_name, topic) => {
    const target: Target = { domain, topic }
    const { requestBody } = document.paths[topic.route!.path]!.post
    const own = topicRefusals(topic, catalog, defaultOptions)
    const refusals = [...own, ...common]
    // What does not depend on the topic is provoked for one topic of the domain: each needs a gateway.
    const provoked = topic === anyTopic ? refusals : own
    const documented = examplesOf(document).filter(({ path }) => path === topic.route!.path)

    it('shows every refusal', () => {
      const names = documented.filter(({ contentType }) => contentType === 'application/problem+json')
      expect(names.map(({ name }) => name).sort()).toEqual(refusals.map(({ name }) => name).sort())
    })

    it.each(provoked.filter(({ request }) => request).map(refusal => [refusal.name, refusal.request!] as const))(
      'shows the answer that the gateway gives to such a request: %s',
      async (name, { body, headers, query }) =>
        expectDocumented(await send(target, body, { headers, query }), target, name),
    )

    it.each(provoked.filter(({ request }) => !request).map(({ name }) => name))(
      'shows the answer that the gateway gives in such a state: %s',
      async name => {
        const provoke = provocations[name]
        expect(provoke, 'a way to provoke it').toBeDefined()
        expectDocumented(await provoke!(target), target, name)
      },
    )

    it.each(
      Object.entries(requestBody.content).flatMap(([type, { examples }]) =>
        Object.entries(examples).map(([name, { value }]) => [name, type, value] as const),
      ),
    )('shows the answer to its request %s as %s', async (name, type, value) => {
      const answered = await send(target, value as Body, { headers: { ...EXAMPLE_HEADERS, 'content-type': type } })
      expectDocumented(answered, target, name)
      expect(answered.reply.status).toBe(name === 'mixed' ? 207 : 200)
    })

    it('has the samples of the contract as requests, a batch, and a batch of which one record is refused', () => {
      const json = Object.values(requestBody.content['application/json']!.examples).map(({ value }) => value)
      expect(json.slice(0, -2)).toEqual(topic.route!.samples)
      expect(Object.keys(requestBody.content['application/x-ndjson']!.examples)).toEqual(['batch', 'mixed'])
    })

    it('shows no header that the gateway does not give', () => {
      for (const [status, { headers = {} }] of Object.entries(document.paths[topic.route!.path]!.post.responses))
        if (Number(status) >= 400) {
          const given = refusals.filter(refusal => refusal.status === Number(status)).map(refusal => refusal.headers)
          const names = new Set(given.flatMap(of => Object.keys(of)))
          expect(new Set(Object.keys(headers).map(name => name.toLowerCase())), status).toEqual(names)
        }
    })
  })
})

describe.each([lol, orchard].map(domain => [domain.name, domain] as const))('foreign shapes, for %s', (_, domain) => {
  const catalog = createCatalog([domain])
  const topic = routesOf(domain)[0]!

  it.each(shapeDescriptions.map(description => [description.title, description] as const))(
    'the document shows the answers that the gateway gives: %s',
    async (_title, description) => {
      const wrong = refusedRecords({ topic, options: defaultOptions }).get('invalid_field')
      const examples = shapeExamples(description, topic, { catalog, options: defaultOptions, wrong })
      const { post, log, registry, document } = await start({ domain, topic }, { key: exampleKey([topic.name]) })
      const documented = examplesOf(document).filter(({ path }) => path === description.path)
      expect(documented.map(({ name }) => name).sort()).toEqual(examples.map(({ name }) => name).sort())
      const away = examples.find(({ name }) => name === 'log_unavailable')!
      const [one] = examples
      for (const example of examples) {
        const { name, code, headers } = example
        log.onAppend = example === away ? failAll('log_unavailable') : undefined
        const { body, path, headers: sent } = example.request ?? one!.request!
        const before = await refusalsOf(registry, code)
        const reply = await post(body, { path, key: null, type: null, headers: sent })
        const [{ status, contentType, value }] = documented.filter(shown => shown.name === name) as [DocumentedAnswer]
        expect(
          { status: reply.status, contentType: reply.headers.get('content-type'), body: comparable(reply.text) },
          name,
        ).toEqual({ status, contentType, body: comparable(JSON.stringify(value)) })
        for (const [header, text] of Object.entries(headers)) expect(reply.headers.get(header), name).toBe(text)
        if (code !== undefined) expect(await refusalsOf(registry, code), name).toBe(before + 1)
      }
    },
  )
})

/** How many requests and records were refused with a code. */
async function refusalsOf(registry: Registry, code: string | undefined): Promise<number> {
  const lines = (await registry.metrics()).split('\n').filter(line => line.includes(`,code="${code}"`))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

it('has no provocation that no example needs', () => {
  const names = domains.flatMap(domain => examplesOf(documentOf(createCatalog([domain]))).map(({ name }) => name))
  expect(names).toEqual(expect.arrayContaining(Object.keys(provocations)))
})
