import { gunzipSync } from 'node:zlib'
import type { Topic } from '@millrace/contracts'
import { ManualClock } from '@millrace/runtime'
import { idempotentEventId } from '../event-id.ts'
import { type ApiKey, createKeyRing, hashOfKey } from '../keys/api-key.ts'
import type { GatewayOptions } from '../options.ts'
import { isRefusal } from '../problem.ts'
import { createQuotas, type Quotas } from '../quota.ts'
import { admitRequest } from '../steps/admit-request.ts'
import { createRecordReader, factsOf } from '../steps/prepare-record.ts'
import { refusalOfDecoder } from '../steps/read-body.ts'
import { splitJson, splitNdjson } from '../steps/split-records.ts'
import type { Outcome } from '../steps/store-records.ts'
import { type Answer, problemAnswer, writeAnswer } from '../steps/write-answer.ts'

/** A request to the route of a topic. */
export interface ExampleRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

const EXAMPLE_KEY = `mr_example_${'x'.repeat(43)}`

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

/** A clock for quotas and times of receipt of examples. */
export const exampleClock = new ManualClock()

export interface ExampleSettings {
  readonly topic: Topic
  readonly options: GatewayOptions
  /** One that may write the topic, unless given. */
  readonly key?: ApiKey
  readonly quotas?: Quotas
  readonly isOverloaded?: boolean
}

/** What the gateway answers to a request, made by its own steps; every valid record counts as stored. */
export function answerWithoutLog({ headers, body }: ExampleRequest, settings: ExampleSettings): Answer {
  const { topic, options, key = exampleKey([topic.name]), isOverloaded = false } = settings
  const admission = admitRequest(topic, headers, {
    keys: createKeyRing([key]),
    quotas: settings.quotas ?? createQuotas(exampleClock, options.replicas),
    isOverloaded: () => isOverloaded,
  })
  if (isRefusal(admission)) return problemAnswer(admission)
  let bytes = Buffer.from(body)
  if (admission.encoding !== null)
    try {
      bytes = gunzipSync(bytes)
    } catch (error) {
      return problemAnswer(refusalOfDecoder(admission.encoding, error as NodeJS.ErrnoException, bytes.length))
    }
  const { form, minimal } = admission
  const slices = form === 'json' ? splitJson(bytes, options.maxRecords) : splitNdjson(bytes, options.maxRecords)
  if (isRefusal(slices)) return problemAnswer(slices)
  const { starts, ends, batch } = slices
  if (starts.length === 0) return problemAnswer({ code: 'no_records' })
  const prepare = createRecordReader(topic, bytes, {
    factsOfBody: () => factsOf(bytes, form),
    makeId: (index, record) => idempotentEventId('example', 'example', index, record),
    receivedMs: exampleClock.now(),
  })
  const outcomes = starts.map((start, index): Outcome => {
    const record = prepare(index, start, ends[index]!)
    return 'value' in record ? { eventId: record.eventId, partition: 0, offset: index } : record.refusal
  })
  return writeAnswer(outcomes, { minimal, batch })
}
