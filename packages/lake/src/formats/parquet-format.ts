import { rm } from 'node:fs/promises'
import { type DuckDBConnection, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api'
import { type ColumnType, columnsOf, LAKE_COLUMNS, parseExact, type Topic, takenNames } from '@millrace/contracts'
import { lakeError } from '../errors.ts'
import type { DataFormat, LakeRow } from './data-format.ts'
import { connect, sqlName, sqlText } from './duckdb.ts'
import { createRowEncoder } from './parquet-row.ts'

const LINE_TYPES: Record<ColumnType, string> = {
  string: 'VARCHAR',
  timestamp: 'TIMESTAMPTZ',
  double: 'DOUBLE',
  bigint: 'BIGINT',
  boolean: 'BOOLEAN',
  json: 'VARCHAR',
}
// A record is at most 2 MiB; as text inside a line it can grow sixfold.
const MAX_LINE_BYTES = 16 << 20

/**
 * Parquet with zstd: one typed column per field of the topic's schema, instants as TIMESTAMP in UTC, `extra` with whatever
 * those columns cannot hold exactly (JSON), and `_topic`, `_partition`, `_offset`, `_timestamp` (time of sending).
 * @throws `column_refused` when a field's name is taken or differs from another's only in case
 */
export function createParquetFormat(contract: Pick<Topic, 'name' | 'schema'>, partition: number): DataFormat {
  const columns = columnsOf(contract.schema)
  const [taken] = takenNames(
    columns.map(({ name }) => name),
    LAKE_COLUMNS,
  )
  if (taken)
    throw lakeError('column_refused', {
      topic: contract.name,
      column: taken.name,
      reason: 'is taken (case is not told apart)',
    })
  const lineColumns = [
    "'_offset': 'BIGINT'",
    "'_timestamp': 'BIGINT'",
    ...columns.map(({ name, type }) => `${sqlText(name)}: '${LINE_TYPES[type]}'`),
    "'extra': 'VARCHAR'",
  ]
  const selected = [
    ...columns.map(({ name }) => sqlName(name)),
    'extra',
    `${sqlText(contract.name)} AS _topic`,
    `${partition}::INTEGER AS _partition`,
    '_offset',
    'make_timestamptz(_timestamp * 1000) AS _timestamp',
  ]
  const jsonColumns = columns.filter(({ type }) => type === 'json').map(({ name }) => name)
  const metadata = JSON.stringify({ version: 1, jsonColumns })

  return {
    name: 'parquet',
    encode: createRowEncoder(columns),
    finish: async (linesFile, target) => {
      const connection = await connect()
      try {
        await connection.run(
          `COPY (SELECT ${selected.join(', ')} FROM read_json(${sqlText(linesFile)}, format = 'newline_delimited',
              maximum_object_size = ${MAX_LINE_BYTES}, columns = {${lineColumns.join(', ')}}))
            TO ${sqlText(target)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {millrace: ${sqlText(metadata)}})`,
        )
      } catch (error) {
        await rm(target, { force: true })
        throw /no space left/i.test(String(error))
          ? lakeError('disk_full', { where: 'the local directory', path: target }, error)
          : error
      } finally {
        connection.closeSync()
      }
    },
    read: readParquet,
  }
}

function fieldOf(value: DuckDBValue, isJson: boolean): unknown {
  if (value instanceof DuckDBTimestampTZValue) return new Date(Number(value.micros / 1000n)).toISOString()
  if (typeof value === 'bigint') return Number(value)
  return isJson ? parseExact(Buffer.from(String(value))) : value
}

/** Rows of a local Parquet file as written by `createParquetFormat`, whatever its topic: the file describes itself. */
export async function* readParquet(localFile: string): AsyncGenerator<readonly LakeRow[]> {
  const connection = await connect()
  try {
    const jsonColumns = await readJsonColumns(connection, localFile)
    const result = await connection.stream(
      `SELECT * EXCLUDE (_topic, _partition, _timestamp) FROM read_parquet(${sqlText(localFile)})`,
    )
    const names = result.columnNames()
    const offsetAt = names.indexOf('_offset')
    const extraAt = names.indexOf('extra')
    const isJson = names.map(name => jsonColumns.has(name))
    for await (const rows of result.yieldRows()) {
      yield rows.map(row => {
        const event: Record<string, unknown> = Object.create(null)
        for (let at = 0; at < names.length; at++) {
          const value = row[at]!
          if (value !== null && at !== offsetAt && at !== extraAt) event[names[at]!] = fieldOf(value, isJson[at]!)
        }
        const extra = row[extraAt]
        if (typeof extra === 'string') {
          const fields = parseExact(Buffer.from(extra)) as Record<string, unknown>
          for (const name of Object.keys(fields)) event[name] = fields[name]
        }
        return { offset: Number(row[offsetAt]), event }
      })
    }
  } catch (error) {
    throw lakeError(
      'data_file_damaged',
      { path: localFile, where: 'the local directory', reason: (error as Error).message },
      error,
    )
  } finally {
    connection.closeSync()
  }
}

async function readJsonColumns(connection: DuckDBConnection, localFile: string): Promise<ReadonlySet<string>> {
  const result = await connection.runAndReadAll(
    `SELECT decode(value) FROM parquet_kv_metadata(${sqlText(localFile)}) WHERE decode(key) = 'millrace'`,
  )
  const text = result.getRows()[0]?.[0]
  if (typeof text !== 'string')
    throw new Error('it was not written by the lake: the metadata key "millrace" is missing')
  return new Set((JSON.parse(text) as { jsonColumns: string[] }).jsonColumns)
}
