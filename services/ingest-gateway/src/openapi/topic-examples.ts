import type { Topic } from '@millrace/contracts'
import type { GatewayOptions } from '../options.ts'
import type { Answer } from '../steps/write-answer.ts'
import { answerWithoutLog, EXAMPLE_HEADERS } from './answer-without-log.ts'
import { refusedRecords, sampleOf } from './topic-records.ts'

/** A request of which at least one record is stored, and its answer. */
export interface TopicExample {
  readonly name: string
  readonly summary: string
  /** The body as `application/json`. */
  readonly json: unknown
  /** A batch as `application/x-ndjson`. */
  readonly ndjson?: string
  readonly answer: Answer
}

export const ndjson = (records: readonly unknown[]): string =>
  records.map(record => `${JSON.stringify(record)}\n`).join('')

/** The topic's samples, a batch, and a batch of which one record is refused. */
export function topicExamples(topic: Topic, options: GatewayOptions): readonly TopicExample[] {
  const settings = { topic, options }
  const example = (name: string, summary: string, json: unknown): TopicExample => ({
    name,
    summary,
    json,
    ...(Array.isArray(json) ? { ndjson: ndjson(json) } : {}),
    answer: answerWithoutLog({ headers: EXAMPLE_HEADERS, body: JSON.stringify(json) }, settings),
  })
  const sample = sampleOf(topic)
  const refused = refusedRecords(settings)
  const wrong = refused.get('invalid_field') ?? refused.get('missing_field')
  return [
    ...topic.route!.samples.map((record, index) =>
      index === 0
        ? example('one', 'one event', record)
        : example(`one_${index + 1}`, `another event (${index + 1})`, record),
    ),
    example('batch', 'a batch of two events', [sample, sample]),
    ...(wrong ? [example('mixed', 'a batch whose second event is refused', [sample, wrong])] : []),
  ]
}
