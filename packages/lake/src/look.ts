import { LAKE_FORMATS, type LakeFormat } from '@millrace/contracts'
import type { Lake } from './lake.ts'

/** For people: the folder of a topic's files, and a command that shows the first rows (DuckDB's command line reads every format). */
export function howToLook(
  { location }: Pick<Lake, 'location'>,
  topic: string,
  format: LakeFormat,
): { readonly path: string; readonly command: string } {
  const reader = format === 'parquet' ? 'read_parquet' : 'read_json'
  const { period, extension } = LAKE_FORMATS[format]
  const files = `date=*/${period === 'hour' ? 'hour=*/' : ''}*.${extension}`
  const query = (folder: string): string =>
    `duckdb -c "FROM ${reader}('${folder}/${files}', hive_partitioning = true, union_by_name = true) LIMIT 10"`
  if (location.startsWith('directory ')) {
    const path = `${location.slice('directory '.length)}/${topic}`
    return { path, command: query(path) }
  }
  const path = `${location.replace(/^hdfs at (?:https?:\/\/[^,/]+(?:, )?)+/, '')}/${topic}`
  return { path, command: `hdfs dfs -get ${path} . && ${query(topic)}` }
}
