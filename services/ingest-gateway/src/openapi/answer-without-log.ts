import { gunzipSync } from 'node:zlib'
import type { Catalog, Topic } from '@millrace/contracts'
import { ManualClock } from '@millrace/runtime'
import { idempotentEventId } from '../event-id.ts'
import { type ApiKey, createKeyRing, hashOfKey } from '../keys/api-key.ts'
import type { GatewayOptions } from '../options.ts'
import { isRefusal, type Refusal } from '../problem.ts'
import { createQuotas, type Quotas } from '../quota.ts'
import { eventsTarget } from '../shapes/index.ts'
import { admitRequest, type Target } from '../steps/admit-request.ts'
import { prepareRecordsNow } from '../steps/prepare-records.ts'
import { refusalOfDecoder } from '../steps/read-body.ts'
import { resolveTopic } from '../steps/resolve-topic.ts'
import type { Answer } from '../steps/write-answer.ts'

/** A request to the route of a topic. */
export interface ExampleRequest {
  /** Parameters of the address, without the question mark. */
  readonly query?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

const EXAMPLE_KEY = `mr_example_${'x'.repeat(43)}`
const EXAMPLE_BROWSER_KEY = `mb_${'x'.repeat(32)}`

/** Headers of an ordinary request with the key of the examples. */
export const EXAMPLE_HEADERS = { authorization: `Bearer ${EXAMPLE_KEY}`, 'content-type': 'application/json' } as const

/** The key of the examples, as a key file has it. */
export const exampleKey = (topics: readonly string[], quota: ApiKey['quota'] = {}): ApiKey => ({
  id: 'example',
  name: 'example',
  hash: hashOfKey(EXAMPLE_KEY),
  topics: [...topics],
  quota,
  corsOrigins: [],
  createdAt: '2024-01-01T00:00:00.000Z',
})

/** Headers of a request with the browser key of the examples; a browser would add Origin. */
export const EXAMPLE_BROWSER_HEADERS = {
  authorization: `Bearer ${EXAMPLE_BROWSER_KEY}`,
  'content-type': 'text/plain',
} as const

export const exampleBrowserKey = (topics: readonly string[]): ApiKey => ({
  ...exampleKey(topics, { recordsPerSecond: 100 }),
  hash: hashOfKey(EXAMPLE_BROWSER_KEY),
  corsOrigins: ['https://shop.example.com'],
  browser: true,
})

/** A clock for quotas and times of receipt of examples. */
export const exampleClock = new ManualClock()

export interface ExampleSettings {
  readonly topic: Topic
  /** The topic's own route, unless given. */
  readonly target?: Target
  /** The topic alone, unless given. */
  readonly catalog?: Pick<Catalog, 'find'>
  readonly options: GatewayOptions
  /** One that may write the topic, unless given. */
  readonly key?: ApiKey
  readonly quotas?: Quotas
  readonly isOverloaded?: boolean
}

/** What the gateway answers to a request, made by its own steps; every valid record counts as stored. */
export function answerWithoutLog({ headers, body, query = '' }: ExampleRequest, settings: ExampleSettings): Answer {
  const { topic, options, key = exampleKey([topic.name]), isOverloaded = false } = settings
  const { target = eventsTarget(topic), catalog = { find: name => (name === topic.name ? topic : undefined) } } =
    settings
  const { shape } = target
  const refuse = (refusal: Refusal): Answer => shape.refuse(refusal, headers)
  const admission = admitRequest(
    target,
    { headers, query: new URLSearchParams(query) },
    {
      catalog,
      keys: createKeyRing([key]),
      quotas: settings.quotas ?? createQuotas(exampleClock, options.replicas),
      isOverloaded: () => isOverloaded,
      clock: exampleClock,
    },
  )
  if (isRefusal(admission)) return refuse(admission)
  let bytes = Buffer.from(body)
  if (admission.encoding !== null)
    try {
      bytes = gunzipSync(bytes)
    } catch (error) {
      return refuse(refusalOfDecoder(admission.encoding, error as NodeJS.ErrnoException, bytes.length))
    }
  const { form, minimal } = admission
  const { maxRecords } = options
  const topicOf = (name: string) => resolveTopic(name, key, catalog)
  const list = shape.read(bytes, { form, headers, minimal, maxRecords, topicOf })
  if (isRefusal(list)) return refuse(list)
  if (list.starts.length === 0) return refuse({ code: 'no_records' })
  const { topics, outcomes } = prepareRecordsNow(bytes, list, {
    topic: admission.topic,
    makeId: () => (index, record) => idempotentEventId('example', 'example', index, record),
    receivedMs: exampleClock.now(),
    partitionOf: () => 0,
  })
  for (const { accepted } of topics)
    for (const [position, index] of accepted.indexes.entries())
      outcomes[index] = { eventId: accepted.records[position]!.eventId, partition: 0, offset: index }
  return shape.write(outcomes, { minimal, batch: list.batch, headers })
}
