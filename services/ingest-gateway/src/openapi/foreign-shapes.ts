import type { Catalog, Topic } from '@millrace/contracts'
import type { GatewayOptions } from '../options.ts'
import { fenced } from './markdown.ts'
import { remedies } from './remedies.ts'
import type { Json } from './schemas.ts'
import { requestPath, type ShapeDescription, type ShapeExample, shapeExamples } from './shape-examples.ts'
import { cloudEventsDescription } from './shapes/cloud-events.ts'
import { confluentDescription } from './shapes/confluent-rest.ts'
import { refusedRecords, sampleOf } from './topic-records.ts'

/** The document's part of each foreign shape. */
export const shapeDescriptions: readonly ShapeDescription[] = [confluentDescription, cloudEventsDescription]

interface Context {
  readonly catalog: Catalog
  readonly options: GatewayOptions
  /** Parameters and headers that all routes have. */
  readonly parameters: readonly Json[]
  readonly headersOf: (examples: readonly { readonly headers: Readonly<Record<string, string>> }[]) => Json
}

const shown = ({ request, code, summary, answer: { body } }: ShapeExample): Json => ({
  summary,
  ...(code === undefined
    ? {}
    : {
        description:
          `${request ? fenced('json', String(request.body)) : ''}\n\n**What to do:** ${remedies[code]}`.trim(),
      }),
  value: JSON.parse(body),
})

const named = (examples: readonly ShapeExample[], show: (example: ShapeExample) => Json): Json =>
  Object.fromEntries(examples.map(example => [example.name, show(example)]))

function operation(description: ShapeDescription, topic: Topic, context: Context & { readonly wrong: unknown }): Json {
  const { operationId, title, bodySchema, answerSchema, errorSchema } = description
  const examples = shapeExamples(description, topic, context)
  const accepted = examples.filter(({ code }) => code === undefined)
  const byType = Map.groupBy(accepted, ({ request }) => String(request?.headers['content-type']))
  const byStatus = Map.groupBy(examples, ({ answer }) => answer.status)
  return {
    operationId,
    tags: [title],
    summary: `Send events as ${title} does`,
    description: description.description,
    security: description.shape.basic ? [{ apiKey: [] }, { basic: [] }] : [{ apiKey: [] }],
    parameters: [...description.parameters, ...context.parameters],
    requestBody: {
      required: true,
      content: Object.fromEntries(
        [...byType].map(([type, list]) => [
          type,
          {
            schema: bodySchema,
            examples: named(list, ({ summary, request }) => ({ summary, value: JSON.parse(String(request!.body)) })),
          },
        ]),
      ),
    },
    responses: Object.fromEntries(
      [...byStatus].map(([status, list]) => {
        const headers = context.headersOf(list)
        return [
          status,
          {
            description:
              status < 300 ? 'At least one record is stored.' : list.map(({ summary }) => `- ${summary}`).join('\n'),
            ...(Object.keys(headers).length > 0 ? { headers } : {}),
            content: {
              [list[0]!.answer.contentType]: {
                schema: status < 300 ? answerSchema : errorSchema,
                examples: named(list, shown),
              },
            },
          },
        ]
      }),
    ),
  }
}

/** The paths of the foreign shapes, with examples of this topic. */
export function foreignPaths(topic: Topic, context: Context): Json {
  const paths: Record<string, Json> = {}
  const wrong = refusedRecords({ topic, options: context.options }).get('invalid_field')
  for (const description of shapeDescriptions) {
    paths[description.path] = { post: operation(description, topic, { ...context, wrong }) }
    for (const [path, methods] of Object.entries(description.others)) paths[path] = { ...paths[path], ...methods }
  }
  return paths
}

/** How clients of other systems send events, for the guide: shell commands with their answers, as Markdown. */
export function foreignGuide(topic: Topic, curl: CurlWriter): readonly string[] {
  return [
    '## Clients of other systems',
    'The gateway also reads the requests of these APIs, with the same validation, limits and guarantees, and answers in their form:',
    ...shapeDescriptions.flatMap(description => {
      const { contentType, body } = description.bodyOf([sampleOf(topic)], topic.name)
      const command = curl(requestPath(description, topic.name), contentType, JSON.stringify(body))
      return [`**${description.title}.** ${description.description}`, fenced('sh', command)]
    }),
  ]
}

type CurlWriter = (path: string, contentType: string, body: string) => string
