import type { Catalog, Topic } from '@millrace/contracts'
import type { AnsweredCode } from '../errors.ts'
import type { GatewayOptions } from '../options.ts'
import { headersOf } from '../routes/send.ts'
import type { Shape } from '../shapes/index.ts'
import { refusalOfLog } from '../steps/store-records.ts'
import type { Answer } from '../steps/write-answer.ts'
import { answerWithoutLog, EXAMPLE_HEADERS, type ExampleRequest } from './answer-without-log.ts'
import type { Json } from './schemas.ts'
import { sampleOf } from './topic-records.ts'

/** A body with its media type. */
export interface ShapeBody {
  readonly contentType: string
  readonly body: unknown
}

/** What the document says of a foreign shape beside what its own functions say. */
export interface ShapeDescription {
  readonly shape: Shape
  /** The path as OpenAPI writes it. */
  readonly path: string
  readonly operationId: string
  readonly title: string
  /** Markdown. */
  readonly description: string
  readonly parameters: readonly Json[]
  readonly bodyOf: (events: readonly unknown[], topicName: string) => ShapeBody
  /** One event in the shape's other forms. */
  readonly otherBodies: (event: unknown, topicName: string) => readonly ShapeBody[]
  readonly bodySchema: Json
  readonly answerSchema: Json
  readonly errorSchema: Json
  /** Requests that only this shape refuses. */
  readonly refused: (event: unknown, topicName: string) => readonly ShapeRefusal[]
  /** Other operations, by path and method. */
  readonly others: Readonly<Record<string, Json>>
}

export interface ShapeRefusal {
  readonly code: AnsweredCode
  /** Markdown. */
  readonly cause: string
  readonly body: unknown
  readonly contentType?: string
  readonly authorization?: string
  /** Of the path; that of the example unless given. */
  readonly topicName?: string
}

/** A request and its answer, as the document shows them. */
export interface ShapeExample {
  readonly name: string
  readonly summary: string
  readonly answer: Answer
  /** Headers of the answer that belong to a refusal. */
  readonly headers: Readonly<Record<string, string>>
  /** Absent where the answer depends on the log. */
  readonly request?: ExampleRequest & { readonly path: string }
  /** Of the refusal that the example shows. */
  readonly code?: AnsweredCode
}

/** The path of a request for a topic. */
export const requestPath = ({ shape }: Pick<ShapeDescription, 'shape'>, topicName: string): string =>
  String(shape.path).replace(':topic', topicName)

/** The examples of a shape for one topic, each made by the functions that answer requests. */
export function shapeExamples(
  { shape, bodyOf, ...description }: ShapeDescription,
  topic: Topic,
  {
    catalog,
    options,
    wrong,
  }: {
    readonly catalog: Pick<Catalog, 'find' | 'routes'>
    readonly options: GatewayOptions
    /** An event of the topic that is refused, if there is one. */
    readonly wrong: unknown
  },
): readonly ShapeExample[] {
  const sample = sampleOf(topic)
  const otherTopic = [...catalog.routes.values()].find(({ name }) => name !== topic.name)?.name

  function exampleOf(
    name: string,
    summary: string,
    given: ShapeBody & Partial<Pick<ShapeRefusal, 'authorization' | 'topicName'>>,
  ): ShapeExample {
    const { authorization = EXAMPLE_HEADERS.authorization, topicName = topic.name } = given
    const request = {
      headers: { authorization, 'content-type': given.contentType },
      body: typeof given.body === 'string' ? given.body : JSON.stringify(given.body),
    }
    const target = { shape, topicName: shape.path?.includes(':topic') ? topicName : null }
    const answer = answerWithoutLog(request, { topic, options, catalog, target })
    return { name, summary, answer, headers: {}, request: { ...request, path: requestPath({ shape }, topicName) } }
  }
  const refused = ({ code, cause, contentType, ...given }: ShapeRefusal): ShapeExample => ({
    ...exampleOf(code, cause, { ...given, contentType: contentType ?? bodyOf([sample], topic.name).contentType }),
    code,
    headers: headersOf(code, shape),
  })
  const { body } = bodyOf([sample], topic.name)
  const elsewhere = (code: AnsweredCode, cause: string, topicName: string): ShapeExample =>
    refused({ code, cause, topicName, body: bodyOf([sample], topicName).body })
  const away = refusalOfLog({ code: 'log_unavailable', details: {} })
  return [
    exampleOf('one', 'one event', bodyOf([sample], topic.name)),
    ...description
      .otherBodies(sample, topic.name)
      .map((other, index) => exampleOf(`one_${index + 2}`, `one event as ${other.contentType}`, other)),
    exampleOf('batch', 'a batch of two events', bodyOf([sample, sample], topic.name)),
    ...(wrong
      ? [
          exampleOf('mixed', 'a batch whose second event is refused', bodyOf([sample, wrong], topic.name)),
          refused({
            code: 'invalid_field',
            cause: 'A field of the event has a wrong value.',
            body: bodyOf([wrong], topic.name).body,
          }),
        ]
      : []),
    refused({ code: 'not_json', cause: 'The body ends too early.', body: '{' }),
    refused({ code: 'key_wrong', cause: 'No such key exists.', body, authorization: 'Bearer mr_example_unknown' }),
    refused({ code: 'unsupported_media_type', cause: 'The body has another type.', body, contentType: 'text/plain' }),
    ...(otherTopic ? [elsewhere('topic_not_allowed', 'The key may write another topic only.', otherTopic)] : []),
    elsewhere('unknown_topic', 'The name of the topic has a typing error.', `${topic.name}x`),
    ...description.refused(sample, topic.name).map(refused),
    {
      name: 'log_unavailable',
      code: 'log_unavailable',
      summary: 'The event log cannot be reached.',
      headers: { 'retry-after': String(away.retryAfterS) },
      answer: shape.write([away], { minimal: false, batch: false, headers: {} }),
    },
  ]
}
