import { type MartTable, martMappings, martTable } from '@millrace/contracts'
import type { Mart } from '@millrace/mart'
import type { Logger, ServiceMetrics } from '@millrace/runtime'
import type { Topology } from '@millrace/stream'
import { createMartWriterMetrics } from './metrics.ts'
import { createPartitionWriter } from './steps/write-partition.ts'

export interface MartWriterParts {
  readonly mart: Mart
  readonly metrics?: ServiceMetrics
  readonly logger?: Logger
}

/** The tables that the mart writer fills; they must exist before it starts. */
export const martWriterTables: readonly MartTable[] = [...new Set(martMappings.map(({ table }) => table))].map(
  martTable,
)

/** Every topic that a mapping of the contracts names → its tables. Its only side effects are upserts into `mart`. */
export function createMartWriterTopology({ mart, metrics, logger }: MartWriterParts): Topology {
  const own = metrics && createMartWriterMetrics(metrics)
  return {
    name: 'mart-writer',
    topics: [...new Set(martMappings.map(({ topic }) => topic))],
    createProcessor: topic =>
      createPartitionWriter(topic, { mart, ...(own && { metrics: own }), ...(logger && { logger }) }),
  }
}
