import type { Catalog, Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Lake } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import type { Clock } from '@millrace/runtime'
import { eachOf } from '../each.ts'
import type { Erasures } from '../erasures.ts'
import { createDerivedHop } from './derived-hop.ts'
import type { FailedIndex } from './failed-index.ts'
import type { EventObserver, HopCheck, HopName } from './hop.ts'
import { type ArchivedRow, createLakeHop } from './lake-hop.ts'
import { createMartHop } from './mart-hop.ts'

export interface HopParts {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  readonly clock: Clock
  readonly failed: FailedIndex
  readonly erasures: Erasures
  /** Local folder for one fetched file at a time; it must exist. */
  readonly directory: string
  readonly onRow?: (topic: Topic, row: ArchivedRow) => void
  readonly onEvent?: (topic: Topic, hop: HopName, ...event: Parameters<EventObserver>) => void
}

/** The hops of a topic, as its contract says; the running reconciler and the single comparison use the same ones. */
export function hopsOf(topic: Topic, { onRow, onEvent, ...parts }: HopParts): HopCheck[] {
  const { catalog } = parts
  const observe = (hop: HopName): EventObserver | undefined =>
    onEvent && ((id, outcome) => onEvent(topic, hop, id, outcome))
  return [
    ...(topic.lake ? [createLakeHop(topic, { ...parts, onRow: onRow && (row => onRow(topic, row)) })] : []),
    ...eachOf(catalog, topic).map(derived =>
      createDerivedHop(topic, derived, { ...parts, observe: observe('derived') }),
    ),
    ...(catalog.mappingsOf(topic.name).length > 0
      ? [createMartHop(topic, { ...parts, observe: observe('mart') })]
      : []),
  ]
}
