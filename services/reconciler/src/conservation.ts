import type { ConservationRule, FailedEvent } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
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

/** Distinct events that are in a topic of late events. */
export async function lateEvents({ late }: ConservationRule, log: EventLog): Promise<number> {
  const ids = new Set<string>()
  for (const { partition, earliest, end } of await log.range(late.name))
    for await (const records of log.read(late.name, partition, earliest, end))
      for (const { value, offset } of records) ids.add(idOf(readEvent(value), partition, offset))
  return ids.size
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
  const late = await lateEvents(rule, log)
  return { source, counted, late, failed, difference: source - counted - late - failed }
}
