import { type Catalog, MAX_RECORD_BYTES, type Topic } from '@millrace/contracts'
import { KEY_PARAMETER, SENT_PARAMETER } from '@millrace/contracts/browser-requests'
import { defaultOptions, type GatewayOptions } from '../options.ts'
import { bodyEncodings } from '../steps/read-body.ts'
import { foreignPaths, shapeDescriptions } from './foreign-shapes.ts'
import { guide } from './guide.ts'
import { asMarkdown, fenced } from './markdown.ts'
import { commonRefusals, type RefusalExample, topicRefusals } from './refusal-examples.ts'
import { remedies } from './remedies.ts'
import { canonicalSchema, type Json, problemSchema, ref, resultSchemas, wireSchema } from './schemas.ts'
import { topicExamples } from './topic-examples.ts'

const pascal = (name: string): string =>
  name.replace(/(?:^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase())

const parameters: readonly Json[] = [
  {
    name: 'Content-Encoding',
    in: 'header',
    description: 'How the body is compressed.',
    schema: { type: 'string', enum: bodyEncodings },
  },
  {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes the event ids of records that have none. The same request sent again gives the same ids, so that the repetition is recognised.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  {
    name: 'Prefer',
    in: 'header',
    description: '`return=minimal` lists only the refused records.',
    schema: { type: 'string', enum: ['return=minimal'] },
  },
  {
    name: 'traceparent',
    in: 'header',
    description: 'W3C trace context; it is stored with the records.',
    schema: { type: 'string' },
  },
  {
    name: SENT_PARAMETER,
    in: 'query',
    description:
      'Time of sending by the clock of the client, ms since the epoch. A request whose time is wrong is refused, so that its events with wrong times are not stored.',
    schema: { type: 'integer' },
  },
]

const HEADERS: Readonly<Record<string, readonly [name: string, description: string]>> = {
  'www-authenticate': ['WWW-Authenticate', 'How to authenticate (RFC 6750).'],
  allow: ['Allow', 'The methods of the path.'],
  'accept-post': ['Accept-Post', 'The media types of a body.'],
  'accept-encoding': ['Accept-Encoding', 'The encodings of a body.'],
  'retry-after': ['Retry-After', 'Seconds to wait before the request is sent again.'],
}
const preferenceApplied = {
  'Preference-Applied': {
    description: 'Is there if the request has `Prefer: return=minimal`.',
    schema: { type: 'string' },
  },
}
const retryAfter = {
  'Retry-After': { description: 'Is there if records can be sent again as they are.', schema: { type: 'string' } },
}

/** The headers that belong to the refusals of a status, with their values. */
function headersOf(examples: readonly Pick<RefusalExample, 'headers'>[]): Json {
  const byName = Map.groupBy(
    examples.flatMap(({ headers }) => Object.entries(headers)),
    ([name]) => name,
  )
  return Object.fromEntries(
    [...byName].map(([name, entries]) => {
      const [shown, description] = HEADERS[name]!
      const list = [...new Set(entries.map(([, value]) => `\`${value}\``))].join(', ')
      return [shown, { description: `${description} In the examples: ${list}.`, schema: { type: 'string' } }]
    }),
  )
}

const SHOWN_BYTES = 600

/** What was sent, where it can be shown. */
function sentOf({ request }: RefusalExample): string {
  if (!request || typeof request.body !== 'string' || request.body.length > SHOWN_BYTES) return ''
  const { authorization, ...others } = request.headers
  const headers = Object.entries(others).map(([name, value]) => `${name}: ${value}`)
  if (request.query !== undefined) headers.unshift(`POST …?${request.query}`)
  const shown = authorization === undefined ? headers : [...headers, 'authorization: Bearer mr_…']
  return `\n\n${fenced('http', [...shown, '', request.body].join('\n'))}`
}

const exampleObject = (example: RefusalExample): Json => ({
  summary: `${example.name}: ${example.problem.title}`,
  description: `${example.cause}${sentOf(example)}\n\n**What to do:** ${remedies[example.code]}`,
  value: example.problem,
})

function refusalResponses(refusals: readonly RefusalExample[], isCommon: (example: RefusalExample) => boolean): Json {
  const byStatus = Map.groupBy(
    refusals.toSorted((a, b) => a.status - b.status),
    ({ status }) => status,
  )
  return Object.fromEntries(
    [...byStatus].map(([status, examples]) => {
      const titles = new Map(examples.map(({ code, problem }) => [code, problem.title]))
      const named = examples.map(example => [
        example.name,
        isCommon(example) ? { $ref: `#/components/examples/${example.name}` } : exampleObject(example),
      ])
      const headers = headersOf(examples)
      return [
        status,
        {
          description: [...titles].map(([code, title]) => `- \`${code}\`: ${title}`).join('\n'),
          ...(Object.keys(headers).length > 0 ? { headers } : {}),
          content: {
            'application/problem+json': { schema: ref('Problem'), examples: Object.fromEntries(named) },
          },
        },
      ]
    }),
  )
}

function operation(
  topic: Topic,
  { catalog, options, common }: { catalog: Catalog; options: GatewayOptions; common: readonly RefusalExample[] },
): Json {
  const name = pascal(topic.name)
  const examples = topicExamples(topic, options)
  const bodies = (form: 'json' | 'ndjson'): Json =>
    Object.fromEntries(
      examples
        .filter(example => example[form] !== undefined)
        .map(({ name, summary, [form]: value }) => [name, { summary, value }]),
    )
  const answers = (status: number): Json =>
    Object.fromEntries(
      examples
        .filter(({ answer }) => answer.status === status)
        .map(({ name, summary, answer }) => [name, { summary, value: JSON.parse(answer.body) }]),
    )
  const own = topicRefusals(topic, catalog, options)
  return {
    operationId: `send${name}`,
    tags: [topic.domain],
    summary: `Send events to ${topic.name}`,
    description: `${asMarkdown(topic.why)} The answer comes when every record is stored by all replicas of the log, or is refused. At most ${options.maxRecords} records a request and ${MAX_RECORD_BYTES} bytes a record. Partition key: ${asMarkdown(topic.keyText)}. Event time: ${asMarkdown(topic.timeText)}.`,
    security: [{ apiKey: [] }, ...(topic.route?.browsers ? [{ browserKey: [] }] : [])],
    parameters,
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { oneOf: [ref(`${name}Wire`), { type: 'array', items: ref(`${name}Wire`) }] },
          examples: bodies('json'),
        },
        'application/x-ndjson': {
          schema: { type: 'string', description: `one ${name}Wire a line` },
          examples: bodies('ndjson'),
        },
        ...(topic.route?.browsers
          ? {
              'text/plain': {
                schema: { type: 'string', description: `as application/json; only with a browser key` },
                examples: {},
              },
            }
          : {}),
      },
    },
    responses: {
      '200': {
        description: 'Every record is stored.',
        headers: preferenceApplied,
        content: { 'application/json': { schema: ref('IngestResult'), examples: answers(200) } },
      },
      '207': {
        description: 'Some records are stored, others are refused: `results` says which.',
        headers: { ...preferenceApplied, ...retryAfter },
        content: { 'application/json': { schema: ref('IngestResult'), examples: answers(207) } },
      },
      ...refusalResponses([...own, ...common], example => common.includes(example)),
    },
  }
}

/** The OpenAPI 3.1 document of a gateway, made from the contracts, the error table and the answers of its own steps. */
export function openApiDocument(catalog: Catalog, given: Partial<GatewayOptions> = {}): Json {
  const options = { ...defaultOptions, ...given }
  const paths: Json = {}
  const schemas: Json = {}
  const [anyTopic] = catalog.routes.values()
  const common = anyTopic ? commonRefusals(anyTopic, options) : []
  for (const [path, topic] of catalog.routes) {
    paths[path] = { post: operation(topic, { catalog, options, common }) }
    schemas[`${pascal(topic.name)}Wire`] = wireSchema(topic)
    schemas[pascal(topic.name)] = canonicalSchema(topic)
  }
  if (anyTopic) Object.assign(paths, foreignPaths(anyTopic, { catalog, options, parameters, headersOf }))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace ingest gateway',
      version: '1',
      summary: 'Events in, stored durably, with an answer for every record.',
      description: guide(catalog, options),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      ...catalog.domains.map(({ name, title }) => ({ name, description: asMarkdown(title) })),
      ...shapeDescriptions.map(({ title }) => ({ name: title, description: `Requests as ${title} has them.` })),
    ],
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, `mr_<id>_<secret>`. `npm run millrace -- keys create <name>` creates one.',
        },
        browserKey: {
          type: 'apiKey',
          in: 'query',
          name: KEY_PARAMETER,
          description:
            'A browser key, `mb_…`, for pages of the origins that it lists. It is public. The answer lists only refused records. `npm run millrace -- keys create <name> --browser` creates one.',
        },
        basic: { type: 'http', scheme: 'basic', description: 'Any user, with the API key as the password.' },
      },
      examples: Object.fromEntries(common.map(example => [example.name, exampleObject(example)])),
      schemas: { ...schemas, ...resultSchemas, Problem: problemSchema },
    },
  }
}
