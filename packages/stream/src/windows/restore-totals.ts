import { createInstantWriter, type Topic } from '@millrace/contracts'
import { type Assignment, type EventLog, type LogRecord, partitionOfKey } from '@millrace/event-log'
import { z } from 'zod'
import { streamError } from '../errors.ts'
import { createPartialReader } from './read-partial.ts'
import { groupKey, TOTAL_WINDOW_MS, type TotalState, totalState, type WindowPartial } from './window-records.ts'

/** The partial results of an assignment's totals, several of one total in any order: the one with the highest revision counts. */
export type RestoreTotals = (assignment: Assignment) => AsyncIterable<WindowPartial>

export interface TotalTopics {
  /** Consumer group of the totals. */
  readonly name: string
  readonly partials: Topic
  readonly results: Topic
  readonly log: Pick<EventLog, 'range' | 'read' | 'committed'>
}

const window = createInstantWriter()(TOTAL_WINDOW_MS)
const publishedTotal = z.looseObject({ state: totalState })

/** Stage one: what is part of the published totals, and the partial results that stage two has yet to merge. */
export const restoreOfSource = (topics: TotalTopics): RestoreTotals =>
  async function* ({ partition }) {
    const { name, partials, log } = topics
    const readPartial = createPartialReader()
    // In this order: what is merged before the position is part of the results that are read after it.
    const merged = await log.committed(name, partials.name)
    for await (const partial of publishedParts(topics)) if (partial.partition === partition) yield partial
    for (const { partition: at, earliest, end } of await log.range(partials.name)) {
      const from = Math.max(earliest, merged.get(at)?.offset ?? earliest)
      for await (const records of log.read(partials.name, at, from, end))
        for (const { value } of records) {
          const partial = readPartial(value)
          if (partial?.partition === partition) yield partial
        }
    }
  }

/** Stage two: what the published totals of its groups are made of. */
export const restoreOfGroups = (topics: TotalTopics): RestoreTotals =>
  async function* ({ partition }) {
    const { length } = await topics.log.range(topics.partials.name)
    for await (const partial of publishedParts(topics))
      if (partitionOfKey(Buffer.from(groupKey(partial.group)), length) === partition) yield partial
  }

/** @throws `total_unreadable`: a total that began anew would replace the published one */
async function* publishedParts({ results, log }: TotalTopics): AsyncIterable<WindowPartial> {
  for (const { partition, earliest, end } of await log.range(results.name)) {
    // A record without a value removes its key: what was published before it does not count, although it may still be there.
    const removed = new Map<string, number>()
    for await (const records of log.read(results.name, partition, earliest, end))
      for (const { key, value, offset } of records) if (value.length === 0) removed.set(key.toString(), offset)
    for await (const records of log.read(results.name, partition, earliest, end))
      for (const record of records) {
        if (record.value.length === 0 || record.offset < (removed.get(record.key.toString()) ?? 0)) continue
        const { group, parts } = stateOf(record)
        for (const part of parts) yield { ...part, window, group, watermark: window }
      }
  }
}

function stateOf({ topic, partition, offset, value }: LogRecord): TotalState {
  let cause: unknown
  try {
    const total = publishedTotal.safeParse(JSON.parse(value.toString()))
    if (total.success) return total.data.state
    cause = total.error
  } catch (error) {
    cause = error
  }
  const expected = 'JSON with the state of a total under "state"'
  throw streamError('total_unreadable', { topic, partition, offset, expected }, cause)
}
