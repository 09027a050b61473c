import { rm, writeFile } from 'node:fs/promises'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import {
  type Column,
  type ColumnType,
  columnsOf,
  createInstantWriter,
  LAKE_COLUMNS,
  parseExact,
  type Topic,
  takenNames,
} from '@millrace/contracts'
import { lakeError } from '../errors.ts'
import type { DataFormat, LakeRow, StoredFiles } from './data-format.ts'
import { connect, sqlName, sqlText } from './duckdb.ts'
import { createRowEncoder } from './parquet-row.ts'

const EXTRA = 'extra'
const LINE_TYPES: Record<ColumnType, string> = {
  string: 'VARCHAR',
  timestamp: 'TIMESTAMPTZ',
  double: 'DOUBLE',
  bigint: 'BIGINT',
  boolean: 'BOOLEAN',
  rows: 'DOUBLE[][]',
  json: 'VARCHAR',
}
// A record is at most 2 MiB; as text inside a line it can grow sixfold.
const MAX_LINE_BYTES = 16 << 20

/**
 * Parquet with zstd: one typed column per field of the topic's schema, instants as TIMESTAMP in UTC, rows of numbers as a list of
 * structs, `extra` with whatever those columns cannot hold exactly (JSON), and `_topic`, `_partition`, `_offset`, `_timestamp` (time of sending).
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
    ...columns.map(selectedAs),
    'extra',
    `${sqlText(contract.name)} AS _topic`,
    `${partition}::INTEGER AS _partition`,
    '_offset',
    'make_timestamptz(_timestamp * 1000) AS _timestamp',
  ]
  const jsonColumns = columns.filter(({ type }) => type === 'json').map(({ name }) => name)

  return {
    name: 'parquet',
    encode: createRowEncoder(columns),
    finish: async (linesFile, target) => {
      await writing(target, async connection => {
        const rows = `SELECT ${selected.join(', ')} FROM read_json(${sqlText(linesFile)}, format = 'newline_delimited',
          maximum_object_size = ${MAX_LINE_BYTES}, columns = {${lineColumns.join(', ')}})`
        await connection.run(copyTo(target, rows, jsonColumns))
      })
    },
    read: readParquet,
  }
}

/** What is selected for a column of a line: rows of numbers become structs, whose names tell what each number is. */
function selectedAs({ name, rowColumns }: Column): string {
  if (rowColumns.length === 0) return sqlName(name)
  const fields = rowColumns.map(
    ({ name, type }, index) => `${sqlText(name)}: numbers[${index + 1}]::${LINE_TYPES[type]}`,
  )
  return `list_transform(${sqlName(name)}, lambda numbers: {${fields.join(', ')}}) AS ${sqlName(name)}`
}

/** A column of a stored file that holds a field, or all of `extra`. */
interface StoredColumn {
  readonly name: string
  readonly isText: boolean
  /** What to select for it. */
  readonly selected: string
  readonly read: (value: DuckDBValue) => unknown
}

/** A list of structs, as DuckDB describes it. */
const ROWS_TYPE = /^STRUCT\(.*\)\[\]$/

const NOT_FIELDS = new Set(['_topic', '_partition', '_timestamp', '_offset'])

const readJson = (value: DuckDBValue): unknown => parseExact(Buffer.from(value as string))

const readRows = (value: DuckDBValue): unknown => (JSON.parse(value as string) as object[]).map(Object.values)

function storedColumn(name: string, type: string, isJson: boolean): StoredColumn {
  const column = { name, isText: true, selected: `${sqlName(name)}::VARCHAR` }
  if (isJson || name === EXTRA) return { ...column, read: readJson }
  if (ROWS_TYPE.test(type)) return { ...column, selected: `to_json(${sqlName(name)})::VARCHAR`, read: readRows }
  if (type === 'VARCHAR') return { ...column, read: value => value }
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    const writeInstant = createInstantWriter()
    const selected = `epoch_ms(${sqlName(name)})::DOUBLE`
    return { name, isText: false, selected, read: timeMs => writeInstant(timeMs as number) }
  }
  const read = (value: DuckDBValue): unknown => (typeof value === 'bigint' ? Number(value) : value)
  return { name, isText: false, selected: sqlName(name), read }
}

/** Rows of a local Parquet file as written by `createParquetFormat`, whatever its topic: the file describes itself. */
export async function* readParquet(localFile: string): AsyncGenerator<readonly LakeRow[]> {
  const connection = await connect()
  try {
    const columns = await readColumns(connection, localFile)
    const texts = columns.filter(({ isText }) => isText)
    const others = columns.filter(({ isText }) => !isText)
    const list = texts.map(({ selected }) => selected).join(', ')
    // The texts of a row come as one list in JSON, as the driver needs a call of its own for each text.
    const selected = ['_offset::DOUBLE', `to_json([${list}])::VARCHAR`, ...others.map(column => column.selected)]
    const result = await connection.stream(`SELECT ${selected.join(', ')} FROM read_parquet(${sqlText(localFile)})`)
    for await (const rows of result.yieldRows()) {
      yield rows.map(([offset, textsInJson, ...values]) => {
        const listed = JSON.parse(textsInJson as string) as (string | null)[]
        const event: Record<string, unknown> = Object.create(null)
        let [textAt, otherAt] = [0, 0]
        for (const { name, isText, read } of columns) {
          const value = isText ? listed[textAt++]! : values[otherAt++]!
          if (value === null) continue
          if (name === EXTRA) Object.assign(event, read(value))
          else event[name] = read(value)
        }
        return { offset: offset as number, event }
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

/** The columns of the fields, and `extra` at the end. */
async function readColumns(connection: DuckDBConnection, localFile: string): Promise<readonly StoredColumn[]> {
  const jsonColumns = await readJsonColumns(connection, localFile)
  const result = await connection.runAndReadAll(
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${sqlText(localFile)}))`,
  )
  const columns = result
    .getRows()
    .map(([name, type]) => storedColumn(String(name), String(type), jsonColumns.has(String(name))))
  const fields = columns.filter(({ name }) => !NOT_FIELDS.has(name))
  return [...fields.filter(({ name }) => name !== EXTRA), ...fields.filter(({ name }) => name === EXTRA)]
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

/** Copies a local file without the rows at some offsets; columns and metadata are those of the file. */
export const writeParquetWithout: StoredFiles['writeWithout'] = (localFile, { target, erased }) =>
  writing(target, async connection => {
    const list = `${target}.offsets`
    try {
      await writeFile(list, [...erased].map(offset => `${offset}\n`).join(''))
      const isErased = `_offset IN (SELECT erased FROM read_csv(${sqlText(list)}, header = false, columns = {'erased': 'BIGINT'}))`
      const source = `read_parquet(${sqlText(localFile)})`
      const offsets = await connection.runAndReadAll(`SELECT _offset::DOUBLE FROM ${source} ORDER BY 1`)
      const all = offsets.getRows().map(([offset]) => offset as number)
      const rows = {
        kept: all.filter(offset => !erased.has(offset)),
        removed: all.filter(offset => erased.has(offset)),
      }
      if (rows.kept.length === 0 || rows.removed.length === 0) return rows
      const kept = `SELECT * FROM ${source} WHERE NOT (${isErased}) ORDER BY _offset`
      await connection.run(copyTo(target, kept, await readJsonColumns(connection, localFile)))
      return rows
    } finally {
      await rm(list, { force: true })
    }
  })

/** The statement that writes rows to a file, with the columns whose texts are JSON in its metadata. */
function copyTo(target: string, rows: string, jsonColumns: Iterable<string>): string {
  const metadata = JSON.stringify({ version: 1, jsonColumns: [...jsonColumns] })
  return `COPY (${rows})
    TO ${sqlText(target)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {millrace: ${sqlText(metadata)}})`
}

/** Writes a file over a connection of its own; nothing of it is left after an error. */
async function writing<T>(target: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const connection = await connect()
  try {
    return await work(connection)
  } catch (error) {
    await rm(target, { force: true })
    throw /no space left/i.test(String(error))
      ? lakeError('disk_full', { where: 'the local directory', path: target }, error)
      : error
  } finally {
    connection.closeSync()
  }
}
