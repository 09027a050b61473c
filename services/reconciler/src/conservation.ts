import type { ConservationRule, FailedEvent } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
import type { LateEvents } from '@millrace/stream/windows'
import { idOf, readEvent } from './record-id.ts'

/** Whether the aggregates of a raw topic hold its events: source = counted + late + failed. */
export interface ConservationReport {
  /** Distinct events of the topic. */
  readonly source: number
  /** Events that the rows of the table hold. */
  readonly counted: number
  /** Events that came too late to be counted. */
  readonly late: number
  /** Events that could not be processed. */
  readonly failed: number
  readonly difference: number
}

/** Events that the rows of a table of aggregates hold. */
export async function countedEvents({ table, eventsColumn, where }: ConservationRule, mart: Mart): Promise<number> {
  let counted = 0
  const columns = [...new Set([eventsColumn, ...(where ? [where.column] : [])])]
  for await (const page of mart.scan(table, columns))
    for (const row of page)
      if (!where || (row[where.column] ?? null) === where.equals) counted += Number(row[eventsColumn] ?? 0)
  return counted
}

/**
 * Events in a topic of late events that the rows of the rule lack: those that no group counts, and those that a group of the rule's
 * kind does not count. Of several records under one id the newest revision counts.
 */
export async function lateCount({ late, where }: ConservationRule, log: EventLog): Promise<number> {
  const newest = new Map<string, { readonly events: number; readonly revision: number }>()
  for (const { partition, earliest, end } of await log.range(late.name))
    for await (const records of log.read(late.name, partition, earliest, end))
      for (const { value, offset } of records) {
        const event = readEvent(value)
        const { group, events = 1, revision = 0 } = (event ?? {}) as Partial<LateEvents>
        if (group && where && group[0] !== where.equals) continue
        const id = idOf(event, partition, offset)
        if ((newest.get(id)?.revision ?? -1) < revision) newest.set(id, { events, revision })
      }
  let count = 0
  for (const { events } of newest.values()) count += events
  return count
}

/** Whether a failed event is one that the aggregating service could not process. */
export const isFailedAggregate = (failed: FailedEvent, { source }: ConservationRule): boolean =>
  failed.topic === source.name && failed.stage === 'process' && failed.service === 'aggregator'

/** Checks one rule. @param source distinct events of the topic; @param failed distinct events that could not be processed */
export async function checkConservation(
  rule: ConservationRule,
  { log, mart, source, failed }: { log: EventLog; mart: Mart; source: number; failed: number },
): Promise<ConservationReport> {
  const counted = await countedEvents(rule, mart)
  const late = await lateCount(rule, log)
  return { source, counted, late, failed, difference: source - counted - late - failed }
}
