import { type LakeFormat, lakeFormats } from '@millrace/contracts'
import { catalog, domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv } from '@millrace/event-log'
import { webhdfsEnv } from '@millrace/lake'
import { ConfigError, env, serviceEnv, unknownNames } from '@millrace/runtime'

/** Environment of the archiver; every name has the prefix MILLRACE_. */
export const archiverEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  ...webhdfsEnv,
  ...domainsEnv,
  LAKE_FORMAT: env.oneOf(lakeFormats).prefault('parquet'),
  /** Formats of topics that have another one. */
  LAKE_TOPIC_FORMAT: env
    .byName(`formats by topic, such as lol.raw=daily-ndjson, each one of ${lakeFormats.join(', ')}`, text =>
      lakeFormats.find(format => format === text),
    )
    .optional(),
  /** Local folder of this process alone, for what is not in the lake yet. */
  SPOOL_DIRECTORY: env.text(),
  SEGMENT_MAX_BYTES: env.bytes().prefault('64MiB'),
  SEGMENT_MAX_ROWS: env.integer({ min: 1, max: 10_000_000 }).prefault('200000'),
  SEGMENT_MAX_AGE: env.duration().prefault('5m'),
  /** In daily-ndjson: at SEGMENT_MAX_AGE a segment is closed only when each of its files has that many rows, … */
  SEGMENT_MIN_FILE_ROWS: env.integer({ min: 1, max: 10_000_000 }).prefault('100'),
  /** … and at this age in any case. */
  SEGMENT_MAX_WAIT: env.duration().prefault('15m'),
  SEGMENT_MAX_HOURS: env.integer({ min: 1, max: 1000 }).prefault('32'),
  /** Of all segments of the process together. */
  SEGMENT_MEMORY_BUDGET: env.bytes().prefault('64MiB'),
  SPOOL_BUDGET: env.bytes().prefault('3GiB'),
  OPEN_SEGMENT_BUDGET: env.integer({ min: 1, max: 100_000 }).prefault('1000'),
} as const

/**
 * The formats of topics that have one of their own.
 * @throws ConfigError that names each topic which the lake does not have
 */
export function topicFormats(formats: ReadonlyMap<string, LakeFormat> = new Map()): ReadonlyMap<string, LakeFormat> {
  const topics = catalog.topics.filter(({ lake }) => lake).map(({ name }) => name)
  const given = Object.fromEntries([...formats])
  const problems = unknownNames(given, topics, name => name)
  if (problems.length > 0) throw new ConfigError(problems.map(problem => `MILLRACE_LAKE_TOPIC_FORMAT: ${problem}`))
  return formats
}
