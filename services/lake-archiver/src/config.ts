import { domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv } from '@millrace/event-log'
import { webhdfsEnv } from '@millrace/lake'
import { env, serviceEnv } from '@millrace/runtime'

/** Environment of the archiver; every name has the prefix MILLRACE_. */
export const archiverEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  ...webhdfsEnv,
  ...domainsEnv,
  LAKE_FORMAT: env.oneOf(['parquet', 'ndjson.zst']).prefault('parquet'),
  /** Local folder of this process alone, for what is not in the lake yet. */
  SPOOL_DIRECTORY: env.text(),
  SEGMENT_MAX_BYTES: env.bytes().prefault('64MiB'),
  SEGMENT_MAX_ROWS: env.integer({ min: 1, max: 10_000_000 }).prefault('200000'),
  SEGMENT_MAX_AGE: env.duration().prefault('5m'),
  SEGMENT_MAX_HOURS: env.integer({ min: 1, max: 1000 }).prefault('32'),
  /** Of all segments of the process together. */
  SEGMENT_MEMORY_BUDGET: env.bytes().prefault('64MiB'),
  SPOOL_BUDGET: env.bytes().prefault('3GiB'),
  OPEN_SEGMENT_BUDGET: env.integer({ min: 1, max: 100_000 }).prefault('1000'),
} as const
