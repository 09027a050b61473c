import type { Topic } from '@millrace/contracts'
import type { AnsweredCode } from '../errors.ts'
import { answerWithoutLog, EXAMPLE_HEADERS, type ExampleSettings } from './answer-without-log.ts'

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The record without one of its fields, for each field at any level. */
function* withoutField(record: Fields): Generator<Fields> {
  for (const [name, value] of Object.entries(record)) {
    const { [name]: _, ...rest } = record
    yield rest
    if (isObject(value)) for (const inner of withoutField(value)) yield { ...record, [name]: inner }
  }
}

/** The record with a value of another type in one of its fields: numbers with a unit first, the most common fault. */
function* withWrongField(record: Fields): Generator<Fields> {
  const fields = Object.entries(record).filter(([name]) => name !== 'eventId')
  for (const [name, value] of fields)
    if (typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)))
      yield { ...record, [name]: `${value} units` }
  for (const wrong of [17, 'unknown', {}]) for (const [name] of fields) yield { ...record, [name]: wrong }
  yield { ...record, eventId: 17 }
}

/** The record of the documentation of a topic that has a route. */
export const sampleOf = (topic: Topic): Fields => topic.route!.samples[0]!

/** The code of the refusal of a record; undefined where it is accepted. */
function codeOf(record: Fields, settings: ExampleSettings): AnsweredCode | undefined {
  const { body } = answerWithoutLog({ headers: EXAMPLE_HEADERS, body: JSON.stringify(record) }, settings)
  return JSON.parse(body).code
}

/** Changes of a topic's sample that the gateway refuses, one for each code that a topic's own schema can give. */
export function refusedRecords(settings: ExampleSettings): ReadonlyMap<AnsweredCode, Fields> {
  const sample = sampleOf(settings.topic)
  const found = new Map<AnsweredCode, Fields>()
  const search = (changes: Iterable<Fields>, codes: readonly AnsweredCode[]): void => {
    for (const change of changes) {
      const code = codeOf(change, settings)
      if (code !== undefined && codes.includes(code) && !found.has(code)) found.set(code, change)
      if (codes.every(wanted => found.has(wanted))) return
    }
  }
  search(withWrongField(sample), ['invalid_field'])
  search(withoutField(sample), ['missing_field', 'key_missing_in_event'])
  return found
}
