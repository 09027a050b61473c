import type { Catalog, ConservationRule, Topic } from '@millrace/contracts'
import { type Mart, rowEndMs } from '@millrace/mart'
import type { FailedIndex } from './hops/failed-index.ts'

/** The topics between the source of a rule and its table, the source included, and the services that make them. */
export interface Lineage {
  readonly topics: readonly Topic[]
  /** Services that read the source for the table or for the late events. */
  readonly services: readonly string[]
}

export function lineageOf(catalog: Catalog, { source, table, late }: ConservationRule): Lineage {
  const topics = new Set([source])
  const services = new Set<string>()
  const mapped = catalog.mappings.filter(mapping => mapping.table === table).map(({ topic }) => topic)
  for (const last of [...mapped, late]) {
    const path: Topic[] = []
    let topic: Topic | undefined = last
    while (topic !== undefined && topic !== source) {
      path.push(topic)
      topic = topic.derivedFrom?.topic
    }
    // A table may also have rows of other topics.
    if (topic === undefined) continue
    for (const each of path) {
      topics.add(each)
      if (each.derivedFrom?.topic === source) services.add(each.derivedFrom.by)
    }
  }
  return { topics: [...topics], services: [...services] }
}

/** Whether one of the services could not process a record. */
export const isRefused = (
  failed: FailedIndex,
  record: {
    readonly topic: Topic
    readonly partition: number
    readonly offset: number
    readonly services: readonly string[]
  },
): boolean =>
  record.services.some(by => failed.has(record.topic.name, record.partition, { offset: record.offset, by }) === 'yes')

/** The name of a rule in reports: its topic; with its table where another rule of the topic comes before it. */
export const ruleName = (catalog: Catalog, { source, table }: ConservationRule): string =>
  catalog.conservation.find(rule => rule.source === source)?.table === table
    ? source.name
    : `${source.name}/${table.name}`

/** What the rows of a rule's table hold. */
export interface CountedEvents {
  readonly events: number
  /** How many rows were read for it. */
  readonly rows: number
  /** The events by when their rows end, in ms since the epoch; infinite where they are kept for ever. */
  readonly byEnd: ReadonlyMap<number, number>
}

/** The events that the rows of a rule's table hold. */
export async function countedBy(mart: Mart, { table, eventsColumn, where }: ConservationRule): Promise<CountedEvents> {
  let events = 0
  let rows = 0
  const byEnd = new Map<number, number>()
  const retentionMs = mart.retentionMs(table)
  const columns = [
    eventsColumn,
    ...(where ? [where.column] : []),
    ...(retentionMs === null ? [] : [table.rowTime ?? []]),
  ]
  for await (const page of mart.scan(table, [...new Set(columns.flat())]))
    for (const row of page) {
      rows++
      if (where && row[where.column] !== where.equals) continue
      const counted = Number(row[eventsColumn] ?? 0)
      const endMs = rowEndMs(retentionMs, table, { values: row }) ?? Number.POSITIVE_INFINITY
      events += counted
      byEnd.set(endMs, (byEnd.get(endMs) ?? 0) + counted)
    }
  return { events, rows, byEnd }
}

/** How many events may be counted and late: one that is sent again after its window has closed is late, too. */
export const mostLateCopies = ({ late, repeats }: { readonly late: number; readonly repeats: number }): number =>
  Math.min(late, repeats)

/** By how much a number is below an interval, or (negative) above it; 0 inside. */
export function distanceBelow(value: number, from: number, to: number): number {
  if (value < from) return from - value
  return value > to ? to - value : 0
}
