import type { Topic } from '@millrace/contracts'
import type { Refusal } from '../problem.ts'
import { type BodyFacts, factsOf } from '../steps/prepare-record.ts'
import { type RecordSlices, splitJson, splitNdjson } from '../steps/split-records.ts'
import { problemAnswer, writeAnswer } from '../steps/write-answer.ts'
import type { RecordList, Shape } from './shape.ts'

type Form = 'json' | 'ndjson'

const FORMS: Readonly<Record<string, Form>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
}
/** A type whose representation is JSON (RFC 6839). */
const JSON_SUFFIX = /^application\/[\w.!#$&^+-]+\+json$/

/** First bytes of compressed bodies (RFC 1952, RFC 8878); brotli has none. */
const MAGIC = [
  { encoding: 'gzip', bytes: Buffer.from([0x1f, 0x8b]) },
  { encoding: 'zstd', bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
] as const

/** Hints for the most common mistakes: NDJSON sent as application/json, an array sent as NDJSON, a compressed body without its label. */
function withFormHint(refusal: Refusal, body: Buffer, { batch }: RecordSlices, form: Form): Refusal {
  if (refusal.code === 'invalid_utf8') {
    const encoding = MAGIC.find(({ bytes }) => body.subarray(0, bytes.length).equals(bytes))?.encoding
    if (encoding) return { ...refusal, hint: `The body looks like ${encoding}: send Content-Encoding: ${encoding}.` }
  }
  if (form === 'ndjson' && refusal.code === 'not_an_object' && /^an (?:empty )?array\b/.test(refusal.got ?? ''))
    return { ...refusal, hint: 'For an array send Content-Type: application/json.' }
  if (!batch && refusal.code === 'not_json' && /\}\s*\n\s*\{/.test(body.toString('latin1', 0, 65_536)))
    return { ...refusal, hint: 'For one record a line send Content-Type: application/x-ndjson.' }
  return refusal
}

function read(body: Buffer, form: Form, maxRecords: number): RecordList | Refusal {
  const slices = form === 'json' ? splitJson(body, maxRecords) : splitNdjson(body, maxRecords)
  if ('code' in slices) return slices
  let facts: BodyFacts | undefined
  return {
    starts: slices.starts,
    ends: slices.ends,
    batch: slices.batch,
    facts: () => (facts ??= factsOf(body, form)),
    explain: refusal => withFormHint(refusal, body, slices, form),
  }
}

/** The gateway's own shape: a path for each topic, the events as they are, problem documents as answers. */
export const eventsShape = {
  path: null,
  owns: () => true,
  methodsOf: () => undefined,
  offers: '',
  basic: false,
  mediaTypes: 'application/json, application/x-ndjson',
  mediaTypesText: 'application/json (an object or an array) or application/x-ndjson',
  formOf: type => FORMS[type] ?? (JSON_SUFFIX.test(type) ? 'json' : undefined),
  read: (body, { form, maxRecords }) => read(body, form === 'json' ? 'json' : 'ndjson', maxRecords),
  write: writeAnswer,
  refuse: refusal => problemAnswer(refusal),
} satisfies Shape

/** Where requests to the path of a topic go. */
export const eventsTarget = (topic: Topic) => ({ shape: eventsShape, topicName: topic.name })
