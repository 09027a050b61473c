import type { LakeFormat } from '@millrace/contracts'
import type { Lake } from './lake.ts'

/** How a person looks at a topic: where its files are, and one command that shows the first rows. */
export function howToLook(
  lake: Lake,
  topic: string,
  format: LakeFormat,
): { readonly path: string; readonly command: string } {
  const path = `${lake.location.replace(/^\S+ (at )?/, '')}/${topic}`
  const reader = format === 'parquet' ? 'read_parquet' : 'read_json'
  const query = (root: string): string =>
    `duckdb -c "FROM ${reader}('${root}/date=*/hour=*/*.${format}', hive_partitioning = true, union_by_name = true) LIMIT 10"`
  return lake.location.startsWith('directory ')
    ? { path, command: query(path) }
    : { path, command: `hdfs dfs -get '/path-of-the-lake-root/${topic}' && ${query(topic)}` }
}
