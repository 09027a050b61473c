import type { Catalog, Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Lake } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import type { Clock } from '@millrace/runtime'
import { createDerivedHop } from './derived-hop.ts'
import type { FailedIndex } from './failed-index.ts'
import type { HopCheck } from './hop.ts'
import { createLakeHop, type LakeHopParts } from './lake-hop.ts'
import { createMartHop } from './mart-hop.ts'

export interface HopParts extends Pick<LakeHopParts, 'directory' | 'onRow'> {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  readonly clock: Clock
  readonly failed: FailedIndex
  /** Told the id of each event that is in the mart. */
  readonly onFound?: (id: string) => Promise<void> | undefined
}

/** The topic that has one record with the same id for every event of `topic`, where there is one. */
export const copyOf = (topic: Topic, catalog: Catalog): Topic | undefined =>
  catalog.derivedOf(topic.name).find(({ derivedFrom }) => derivedFrom?.relation === 'each')

/** Every hop that the contracts promise for a topic. */
export function hopsOf(topic: Topic, parts: HopParts): HopCheck[] {
  const { catalog } = parts
  const copy = copyOf(topic, catalog)
  const mappings = catalog.mappingsOf(topic.name)
  return [
    ...(topic.lake ? [createLakeHop(topic, parts)] : []),
    ...(copy ? [createDerivedHop(topic, copy, parts)] : []),
    ...(mappings.length > 0 ? [createMartHop(topic, mappings, parts)] : []),
  ]
}
