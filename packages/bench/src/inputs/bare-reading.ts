import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import type { StackAddresses } from '@millrace/testing'
import { Client } from 'cassandra-driver'
import { openKafkajs } from './kafka.ts'

const PAGE_ROWS = 5_000

/** Reads topics from their beginning to where they end now, by kafkajs as its documentation has it. @returns records */
export async function readTopics(addresses: StackAddresses, topics: readonly string[]): Promise<number> {
  const kafka = openKafkajs(addresses)
  const admin = kafka.admin()
  await admin.connect()
  const offsets = (await Promise.all(topics.map(topic => admin.fetchTopicOffsets(topic)))).flat()
  await admin.disconnect()
  const records = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0)
  if (records === 0) return 0
  const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}`, maxBytesPerPartition: 1 << 20 })
  await consumer.connect()
  await consumer.subscribe({ topics: [...topics], fromBeginning: true })
  const done = Promise.withResolvers<void>()
  let seen = 0
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 6,
    eachBatch: async ({ batch }) => {
      seen += batch.messages.length
      if (seen >= records) done.resolve()
    },
  })
  await done.promise
  await consumer.disconnect()
  return seen
}

interface FileStatus {
  readonly pathSuffix: string
  readonly type: 'FILE' | 'DIRECTORY'
}

/** Fetches every data file of topics by WebHDFS and has DuckDB read all columns. @returns rows */
export async function readFiles(
  { addresses: { hdfs }, directory }: { readonly addresses: StackAddresses; readonly directory: string },
  root: string,
  topics: readonly string[],
): Promise<number> {
  const { nameNodes, user } = hdfs!
  const ask = async (file: string, operation: string): Promise<Response> => {
    const url = `${nameNodes[0]}/webhdfs/v1${encodeURI(file)}?op=${operation}&user.name=${user}`
    const answer = await fetch(url)
    if (answer.ok) return answer
    throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  }
  async function* filesOf(folder: string): AsyncIterable<string> {
    const { FileStatuses } = (await (await ask(folder, 'LISTSTATUS')).json()) as {
      readonly FileStatuses: { readonly FileStatus: readonly FileStatus[] }
    }
    for (const { pathSuffix, type } of FileStatuses.FileStatus) {
      const file = `${folder}/${pathSuffix}`
      if (type === 'FILE') yield file
      else yield* filesOf(file)
    }
  }
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const local = path.join(directory, `${randomUUID()}.parquet`)
  let rows = 0
  try {
    for await (const file of filesOf(root)) {
      if (!topics.some(topic => file.startsWith(`${root}/${topic}/`))) continue
      await pipeline(Readable.fromWeb((await ask(file, 'OPEN')).body!), createWriteStream(local))
      const counted = await connection.runAndReadAll(
        `SELECT count(*), max(COLUMNS(*)::VARCHAR) FROM read_parquet('${local}')`,
      )
      rows += Number(counted.getRows()[0]![0])
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
    await rm(local, { force: true })
  }
  return rows
}

/** Reads every row of tables by the driver, page after page. @returns rows */
export async function readTables(
  { cassandra }: StackAddresses,
  keyspace: string,
  tables: readonly string[],
): Promise<number> {
  const { contactPoints, port, localDataCenter } = cassandra!
  const client = new Client({ contactPoints: [...contactPoints], protocolOptions: { port }, localDataCenter, keyspace })
  await client.connect()
  let rows = 0
  for (const table of tables) {
    const result = await client.execute(`SELECT * FROM ${table}`, [], { prepare: true, fetchSize: PAGE_ROWS })
    for await (const _ of result) rows++
  }
  await client.shutdown()
  return rows
}
