import { type DomainContract, groupOf } from '@millrace/contracts'
import type { Mart } from '@millrace/mart'
import type { Logger } from '@millrace/runtime'
import type { Topology } from '@millrace/stream'
import type { MartWriterMetrics, MeasureCounter } from './metrics.ts'
import { createPartitionWriter } from './steps/write-partition.ts'

export interface MartWriterParts {
  readonly domain: DomainContract
  readonly mart: Mart
  readonly metrics?: MartWriterMetrics
  readonly addMeasured?: MeasureCounter
  readonly logger?: Logger
}

/** Every topic of a domain that is mapped to tables → its tables. Its only side effects are upserts into `mart`. */
export function createMartWriterTopology({ domain, mart, metrics, addMeasured, logger }: MartWriterParts): Topology {
  return {
    name: groupOf('mart-writer', domain.name),
    topics: [...new Set(domain.mappings.map(({ topic }) => topic))],
    outputs: [],
    createProcessor: topic =>
      createPartitionWriter(
        topic,
        domain.mappings.filter(mapping => mapping.topic === topic),
        {
          ...{ mart, measures: domain.measures.filter(measure => measure.topic === topic) },
          ...(metrics && { metrics }),
          ...(addMeasured && { addMeasured }),
          ...(logger && { logger }),
        },
      ),
  }
}
