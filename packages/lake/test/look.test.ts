import { systemClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { createDirectoryLake, createWebHdfsLake, howToLook } from '../src/index.ts'

it('tells a person where a topic is and how to see its first rows', async () => {
  const directory = createDirectoryLake({ directory: '/data/lake' })
  expect(howToLook(directory, 'lol.raw', 'parquet')).toEqual({
    path: '/data/lake/lol.raw',
    command: `duckdb -c "FROM read_parquet('/data/lake/lol.raw/date=*/hour=*/*.parquet', hive_partitioning = true, union_by_name = true) LIMIT 10"`,
  })
  const nameNodes = ['http://nn1:9870', 'https://nn2:9871']
  const hdfs = createWebHdfsLake({ nameNodes, user: 'u', root: '/millrace/lake', clock: systemClock })
  expect(howToLook(hdfs, 'lol.raw', 'ndjson.zst')).toEqual({
    path: '/millrace/lake/lol.raw',
    command: `hdfs dfs -get /millrace/lake/lol.raw . && duckdb -c "FROM read_json('lol.raw/date=*/hour=*/*.ndjson.zst', hive_partitioning = true, union_by_name = true) LIMIT 10"`,
  })
  expect(howToLook(directory, 'lol.raw', 'daily-ndjson').command).toContain(
    `FROM read_json('/data/lake/lol.raw/date=*/*.ndjson', hive_partitioning = true`,
  )
  await hdfs.close()
})
