import { formatOfPath, type LakeFormat, type Topic } from '@millrace/contracts'
import { createDailyNdjsonFormat, readDailyNdjson, writeDailyNdjsonWithout } from './daily-ndjson-format.ts'
import type { DataFormat, StoredFiles } from './data-format.ts'
import { createNdjsonFormat, readNdjson, writeNdjsonWithout } from './ndjson-format.ts'
import { createParquetFormat, readParquet, writeParquetWithout } from './parquet-format.ts'

type Creator = (contract: Pick<Topic, 'name' | 'schema'>, partition: number) => DataFormat

const creators: Readonly<Record<LakeFormat, Creator>> = {
  parquet: createParquetFormat,
  'ndjson.zst': createNdjsonFormat,
  'daily-ndjson': createDailyNdjsonFormat,
}

const stored: Readonly<Record<LakeFormat, StoredFiles>> = {
  parquet: { read: readParquet, writeWithout: writeParquetWithout },
  'ndjson.zst': { read: readNdjson, writeWithout: writeNdjsonWithout },
  'daily-ndjson': { read: readDailyNdjson, writeWithout: writeDailyNdjsonWithout },
}

/** What can be done with the data file of a path; undefined where no format has such names. */
export function storedFilesOf(path: string): StoredFiles | undefined {
  const format = formatOfPath(path)
  return format && stored[format]
}

/**
 * The data files of one partition of a topic in the format of this name.
 * @throws `column_refused` where the format is Parquet and the topic has a field that cannot be a column
 */
export const createFormat = (name: LakeFormat, ...partition: Parameters<Creator>): DataFormat =>
  creators[name](...partition)
