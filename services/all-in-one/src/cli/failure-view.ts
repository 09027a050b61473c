import type { StoredFailure } from '../failed-events/read-failed-events.ts'
import { contentOf, readableKey } from '../failed-events/record-content.ts'
import { hexDump, printableLine } from './printable.ts'
import { formatTable } from './terminal.ts'

interface CodeCount {
  count: number
  newest: string
}

/** Counts failures that are added oldest first, and keeps the newest. */
export class NewestFailures {
  readonly byCode = new Map<string, CodeCount>()
  count = 0
  readonly #limit: number
  #kept: StoredFailure[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  add(failure: StoredFailure): void {
    const { code, datetime } = failure.event
    this.count++
    const counted = this.byCode.get(code) ?? { count: 0, newest: '' }
    counted.count++
    if (datetime > counted.newest) counted.newest = datetime
    this.byCode.set(code, counted)
    this.#kept.push(failure)
    if (this.#kept.length >= 2 * this.#limit) this.#kept = this.#kept.slice(-this.#limit)
  }

  /** The newest, that one first. */
  list(): readonly StoredFailure[] {
    return this.#kept.slice(-this.#limit).reverse()
  }
}

export const failureTable = (failures: readonly StoredFailure[]): string[] =>
  formatTable(
    ['time', 'stage', 'code', 'field', 'topic', 'id'],
    failures.map(({ event: { datetime, stage, sink, code, path, topic, eventId } }) => [
      datetime,
      sink === null ? stage : `${stage} ${sink}`,
      code,
      path ?? '-',
      topic ?? '-',
      eventId,
    ]),
  )

export const codeTable = (byCode: ReadonlyMap<string, CodeCount>): string[] =>
  formatTable(
    ['code', 'count', 'newest'],
    [...byCode].sort(([, a], [, b]) => b.count - a.count).map(([code, { count, newest }]) => [code, count, newest]),
  )

/** Everything about one failed event, for people. */
export function* failureView({ event, partition, offset }: StoredFailure): Generator<string> {
  const bytes = Buffer.from(event.payload, 'base64')
  const content = contentOf(bytes)
  const form = {
    record: 'a JSON object',
    text: 'UTF-8 text, no JSON object',
    base64: 'not UTF-8, so here in hexadecimal',
  }
  const place =
    event.offset === null ? 'none: it was not stored' : `partition ${event.partition}, offset ${event.offset}`
  const facts: readonly (readonly [string, string | null])[] = [
    ['failed event', event.eventId],
    ['failed at', event.datetime],
    ['service', event.service],
    ['stage', event.stage],
    ['missing in', event.sink],
    ['code', event.code],
    ['message', event.message],
    ['field', event.path],
    ['topic', event.topic],
    ['position', place],
    ['event id', event.sourceEventId],
    ['key', readableKey(event.key)],
    ['kept in', `failed-events, partition ${partition}, offset ${offset}`],
    ['record', `${bytes.length.toLocaleString('en-US')} bytes, ${form[content.kind]}`],
  ]
  for (const [name, value] of facts) yield `${name.padEnd(14)}${printableLine(value ?? '-')}`
  yield ''
  if (content.kind === 'base64') yield* hexDump(bytes)
  else yield bytes.toString()
}
