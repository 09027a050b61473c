import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type DomainContract, groupOf } from '@millrace/contracts'
import { createFormat, createSegmentWriter, type Lake, type SegmentBudget } from '@millrace/lake'
import type { Clock, Logger, ServiceMetrics } from '@millrace/runtime'
import type { Topology } from '@millrace/stream'
import { archiverMetrics } from './metrics.ts'
import { ARCHIVER_DEFAULTS, type ArchiverOptions } from './options.ts'
import { createPartitionArchiver } from './steps/archive-partition.ts'

export interface LakeArchiverParts extends ArchiverOptions {
  readonly domain: DomainContract
  readonly lake: Lake
  /** Local folder of this process alone, for segments that are not in the lake yet. Files of an earlier process are not needed. */
  readonly spoolDirectory: string
  /** Shared by all archivers of the process, whatever their topology. */
  readonly budget: SegmentBudget
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  /** Returns an id that is unique for every assignment of a partition. */
  readonly newWriterId?: () => string
}

/** Removes folders at once. @returns resolves when they are gone; tries again where that has failed */
function removeFolders(folders: readonly string[]): () => Promise<void> {
  const remove = async (): Promise<void> => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  }
  let removed = remove()
  removed.catch(() => {})
  return () => {
    removed = removed.catch(remove)
    return removed
  }
}

/** Archives every topic of a domain that the contracts store in the lake. */
export function createLakeArchiverTopology(parts: LakeArchiverParts): Topology {
  const { domain, lake, spoolDirectory, budget, clock, logger, metrics, newWriterId = randomUUID, ...given } = parts
  const options = { ...ARCHIVER_DEFAULTS, ...given }
  const ownMetrics = archiverMetrics(metrics)
  const topics = Object.values(domain.topics).filter(({ lake }) => lake)
  // Of the process before this one: whichever partitions it had, others may have them now.
  const clearLeftovers = removeFolders(topics.map(({ name }) => join(spoolDirectory, name)))
  return {
    name: groupOf('lake-archiver', domain.name),
    topics,
    outputs: [],
    createProcessor(contract, partition) {
      const topic = contract.name
      const format = createFormat(options.formats.get(topic) ?? options.format, contract, partition)
      return createPartitionArchiver({
        contract,
        partition,
        format,
        options,
        clock,
        logger,
        metrics: ownMetrics,
        clearLeftovers,
        createWriter: observer => {
          const writerId = newWriterId()
          const directory = join(spoolDirectory, topic, String(partition), writerId)
          return createSegmentWriter({ lake, format, topic, partition, writerId, directory, budget, clock, observer })
        },
      })
    },
  }
}
