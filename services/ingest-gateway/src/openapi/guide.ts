import { type Catalog, MAX_RECORD_BYTES, type Topic } from '@millrace/contracts'
import { shellWord } from '@millrace/runtime'
import { MAX_HEADER_BYTES } from '../http-refusals.ts'
import { MAX_DEPTH } from '../inspect-event.ts'
import type { GatewayOptions } from '../options.ts'
import { TRACKER_PATH, trackerSnippet } from '../routes/tracker.ts'
import type { Answer } from '../steps/write-answer.ts'
import { foreignGuide } from './foreign-shapes.ts'
import { asMarkdown, fenced, table } from './markdown.ts'
import { ndjson, type TopicExample, topicExamples } from './topic-examples.ts'
import { sampleOf } from './topic-records.ts'

const number = (value: number): string => value.toLocaleString('en-US')
const answered = ({ body }: Answer): string => fenced('json', JSON.stringify(JSON.parse(body), null, 2))

const send = (path: string, headers: readonly string[], data: string): string =>
  [
    `curl -i $URL${path} -H "Authorization: Bearer $KEY"`,
    ...headers.map(header => `  -H ${shellWord(header)}`),
    `  ${data}`,
  ].join(' \\\n')

const JSON_TYPE = 'Content-Type: application/json'
const NDJSON_TYPE = 'Content-Type: application/x-ndjson'

function firstSteps(topic: Topic, examples: readonly TopicExample[]): readonly string[] {
  const { path } = topic.route!
  const exampleOf = (name: string) => examples.find(example => example.name === name)
  const one = exampleOf('one')!
  const mixed = exampleOf('mixed')
  const sample = sampleOf(topic)
  return [
    '## First steps',
    '**1. Start a gateway.** In the folder of Millrace:',
    fenced('shell', 'npm run millrace -- gateway'),
    'This runs the gateway and every service behind it in one process, and prints the address and an API key. Then, in another terminal:',
    fenced('shell', 'KEY=mr_...                   # the key that it printed\nURL=http://127.0.0.1:8080'),
    '**2. Send one event.** An event without `eventId` gets one. Numbers may be strings where the schema of the operation says so.',
    fenced('sh', send(path, [JSON_TYPE], `-d ${shellWord(JSON.stringify(sample))}`)),
    'The answer is 200 when the event is stored by all replicas of the log:',
    answered(one.answer),
    '**3. Send a batch.** A JSON array (`application/json`), or one JSON object per line (`application/x-ndjson`):',
    fenced(
      'sh',
      `cat > events.ndjson <<'END'\n${ndjson([sample, sample])}END\n${send(path, [NDJSON_TYPE], '--data-binary @events.ndjson')}`,
    ),
    'Use `--data-binary`: `-d` removes the line breaks of a file.',
    ...(mixed
      ? [
          'If some records are refused, the others are stored all the same:',
          fenced('sh', send(path, [JSON_TYPE], `-d ${shellWord(JSON.stringify(mixed.json))}`)),
          'The answer is 207, with a result for each record by its index:',
          answered(mixed.answer),
        ]
      : []),
    '**4. Compress large batches** with gzip, br or zstd. `Prefer: return=minimal` lists only the refused records in the answer:',
    fenced(
      'sh',
      `gzip -c events.ndjson | ${send(path, [NDJSON_TYPE, 'Content-Encoding: gzip', 'Prefer: return=minimal'], '--data-binary @-')}`,
    ),
    '**5. Make retries recognisable.** If no answer comes, the records may or may not be stored, so send the same request again. ' +
      'Events that have an `eventId` keep it. For events without one, send an `Idempotency-Key`: the same key with the same body gives the same event ids. ' +
      'A repetition is stored again under the same event id, and is dropped behind the gateway.',
    fenced('sh', send(path, [NDJSON_TYPE, 'Idempotency-Key: upload-17'], '--retry 5 --data-binary @events.ndjson')),
    '`curl --retry` repeats a request after 408, 429, 500 and 503, and waits as long as `Retry-After` says.',
  ]
}

const keys = (topic: Topic): readonly string[] => [
  '## Get a key',
  'Every request for events needs `Authorization: Bearer <key>`. A key looks like `mr_<id>_<secret>`, may write certain topics, and can have a quota.',
  '- The first start of `npm run millrace -- gateway` creates a key for all topics and prints it. It is shown only then.\n' +
    '- More keys are created by the command below. It prints the key once; the file of keys contains only hashes. A running gateway accepts the key without a restart.\n' +
    "- On Kubernetes the release creates a key: `kubectl -n millrace get secret millrace-generator-key -o jsonpath='{.data.api-key}' | base64 -d`",
  fenced(
    'shell',
    [
      `npm run millrace -- keys create my-app --topics ${topic.name}`,
      `npm run millrace -- keys create my-app-2 --topics ${topic.name} --records-per-second 500`,
      `npm run millrace -- keys create my-page --topics ${topic.name} --cors-origins https://shop.example.com`,
      'npm run millrace -- keys list',
    ].join('\n'),
  ),
  'The second key has a quota. The third may be used by web pages of that origin. `keys revoke <id>` revokes a key. ' +
    'If the gateway uses another folder (`--data <folder>`), add `--file <folder>/keys.json`.',
  'To send from this page, press *Authorize*, paste the key, open an operation and press *Execute*.',
]

const webPages = (topics: readonly Topic[]): readonly string[] =>
  topics.length === 0
    ? []
    : [
        '## Record visits of web pages',
        'A browser key is public: every page of a site contains it. It works only in pages of the origins that it lists, needs a quota, and may write ' +
          `only ${topics.map(({ name }) => `\`${name}\``).join(', ')}:`,
        fenced(
          'shell',
          'npm run millrace -- keys create shop --browser --origin https://shop.example.com --records-per-second 200',
        ),
        'Add this to every page, with the address of the gateway as browsers reach it and the key. Say `consent: true` only if the visitor has agreed:',
        fenced('html', trackerSnippet('https://events.shop.example.com', 'mb_...')),
        'The address of the script contains its fingerprint and never serves another script. ' +
          `\`${TRACKER_PATH}\` always serves the script of this gateway; it has no \`integrity\`, because corrections change it.`,
      ]

const answers: readonly string[] = [
  '## Answers',
  'A refusal is an RFC 9457 problem (`application/problem+json`). `code` is for programs, `detail` is for people. ' +
    'If one record is at fault, `record`, `pointer`, `got` and `expected` say where and why. Each operation below shows every refusal with its body.',
  table(
    ['status', 'what is stored', 'what to do'],
    [
      ['200', 'every record', 'Nothing.'],
      [
        '207',
        'the records with status 200 in `results`',
        'Correct the others, or wait for `Retry-After` if there is one. Send only the others again.',
      ],
      ['400, 413, 415, 417, 431', 'nothing', 'Correct the request as `detail` says.'],
      ['401, 403', 'nothing', 'Use a key that is valid for the topic (and, for web pages, for the origin).'],
      ['404, 405', 'nothing', 'Correct the path or the method.'],
      ['408', 'nothing', 'Send the request again.'],
      ['409', 'nothing', 'The clock of the client is wrong. Correct the times, then send the records again.'],
      ['422', 'nothing', 'Correct the record. Sent unchanged, it is refused again.'],
      ['429', 'nothing', 'The quota of the key is used up. Wait for `Retry-After`, then send the request again.'],
      ['500', 'unknown', 'Send the request again with the same event ids or `Idempotency-Key`.'],
      [
        '503',
        'nothing; after `log_timeout`, unknown',
        'Wait for `Retry-After`, then send the request again with the same event ids or `Idempotency-Key`.',
      ],
    ],
  ),
  'Refused records are kept as failed events with their bytes, except records that are too large and requests that are refused before their records are read. ' +
    '`npm run millrace -- failed list` lists them, `failed export` writes them to a file where you can correct them, and `failed replay` sends them again.',
]

const limits = (options: GatewayOptions): readonly string[] => [
  '## Limits',
  table(
    ['limit', 'value', 'beyond it'],
    [
      ['records in a request', number(options.maxRecords), '413 `too_many_records`'],
      ['bytes of a record', number(MAX_RECORD_BYTES), '413 `record_too_large`'],
      ['bytes of a body as sent', number(options.maxBodyBytes), '413 `body_too_large`'],
      ['bytes of a body after decompression', number(options.maxDecodedBytes), '413 `body_too_large`'],
      ['levels of a record', number(MAX_DEPTH), '422 `too_deep`'],
      ['bytes of the request line and the headers', number(MAX_HEADER_BYTES), '431 `headers_too_large`'],
      ['time for a request to arrive', `${options.requestTimeoutMs / 1000} s`, '408 `request_timeout`'],
      ['time for the event log to confirm', `${options.ackDeadlineMs / 1000} s`, '503 `log_timeout`'],
      ['quota of the key', '`--records-per-second`, `--bytes-per-second`', '429 `quota_exceeded`'],
    ],
  ),
]

/** The introduction of the API page, as Markdown: first steps, keys, answers and limits. */
export function guide({ routes }: Catalog, options: GatewayOptions): string {
  const [topic] = routes.values()
  const others = (example: Topic) =>
    foreignGuide(example, (path, contentType, body) =>
      send(path, [`Content-Type: ${contentType}`], `-d ${shellWord(body)}`),
    )
  const rows = [...routes].map(([path, { name, why }]) => [`\`${path}\``, `\`${name}\``, asMarkdown(why)])
  return [
    'Send events as JSON over HTTP. The gateway validates each record, stores it in the event log, and answers after the durable write with a result for every record.',
    table(['path', 'topic', 'events'], rows),
    ...(topic ? [...firstSteps(topic, topicExamples(topic, options)), ...others(topic), ...keys(topic)] : []),
    ...webPages([...routes.values()].filter(({ route }) => route?.browsers)),
    ...answers,
    ...limits(options),
    'This document as OpenAPI 3.1: [/openapi.json](/openapi.json).',
  ].join('\n\n')
}
