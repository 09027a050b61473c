import type { MartRow, MartTable, MartType, MartValue } from '@millrace/contracts'
import { types } from 'cassandra-driver'
import { type CassandraOptions, createCassandraConnection } from './cassandra-connection.ts'
import { lookUp } from './cassandra-lookup.ts'
import { ensureKeyspace, ensureTable, lackedSchema } from './cassandra-schema.ts'
import { assertColumns, assertKeys, assertPartition, assertRows, perTable, rowKind } from './check-row.ts'
import { deleteCql, insertCql, selectCql, writeTimesCql } from './cql.ts'
import { createGate } from './gate.ts'
import type { Mart, StoredRow } from './mart.ts'
import { groupIntoBatches, type PartitionBatch } from './partition-batches.ts'
import { keptRows, rowEndMs } from './retention.ts'

const BATCH_LIMITS = { maxRows: 50, maxBytes: 50 * 1024 }
const PAGE_ROWS = 2000

type Decode = (value: unknown) => MartValue
const asIs: Decode = value => value as MartValue
const decoders: Readonly<Record<MartType, Decode>> = {
  text: asIs,
  double: asIs,
  int: asIs,
  boolean: asIs,
  bigint: value => (value as types.Long).toNumber(),
  timestamp: value => (value as Date).getTime(),
}

/** Turns rows of the driver into plain ones with exactly these columns. */
function rowReader(table: MartTable, columns: readonly string[]) {
  const fields = columns.map(name => ({ name, decode: decoders[table.columns[name]!.type] }))
  return (row: types.Row): StoredRow => {
    const values: Record<string, MartValue> = {}
    for (const { name, decode } of fields) {
      const value: unknown = row[name]
      values[name] = value === null || value === undefined ? null : decode(value)
    }
    return values
  }
}

/** The latest end of a cell that Cassandra takes: 2038-01-19. */
const LAST_END_MS = 2_147_483_646_000

/** Seconds until a row ends, at least one; 0 is without end, also where the end is later than Cassandra can store. */
const timeToLive = (expiresMs: number | null, nowMs: number): number =>
  expiresMs === null || expiresMs > LAST_END_MS ? 0 : Math.max(1, Math.ceil((expiresMs - nowMs) / 1000))

/** The two inserts of a table: of a row, and of the static columns of a partition alone. */
function inserts(table: MartTable, keyspace: string) {
  const all = Object.keys(table.columns)
  const statics = all.filter(name => table.partitionKey.includes(name) || table.columns[name]!.static)
  const insert = (columns: readonly string[]) => ({
    query: insertCql(table, columns, keyspace),
    // A column without a value is left unset: a null would erase what is stored.
    params: (row: MartRow, ttlSeconds: number): unknown[] => [
      ...columns.map(name => row.values[name] ?? undefined),
      types.Long.fromNumber(row.writeTimeMicros),
      ttlSeconds,
    ],
  })
  return { row: insert(all), static: insert(statics) }
}

/** What is asked and deleted of a row, and of the static columns of a partition. */
function keyStatements(table: MartTable, keyspace: string) {
  const rowKey = [...table.partitionKey, ...table.clusteringKey.map(({ column }) => column)]
  const statics = Object.keys(table.columns).filter(name => table.columns[name]!.static)
  const regular = Object.keys(table.columns).filter(name => !rowKey.includes(name) && !statics.includes(name))
  const of = (columns: readonly string[], key: readonly string[], deleted: readonly string[]) => ({
    columns,
    key,
    writeTimes: writeTimesCql(table, columns, { keyspace, key }),
    delete: deleteCql(table, deleted, { keyspace, key }),
  })
  return { row: of(regular, rowKey, []), static: statics.length > 0 ? of(statics, table.partitionKey, statics) : null }
}

/**
 * A mart in a Cassandra keyspace. It connects at the first call, and then waits for a server that is still starting.
 * @throws (from its methods) coded errors of `martErrors`; those of a server that is away or slow are retryable
 */
export function createCassandraMart(options: CassandraOptions): Mart {
  const { keyspace, replication = { [options.localDataCenter]: 1 }, maxInFlight = 32, createKeyspace = true } = options
  const { clock, retention = new Map() } = options
  const connection = createCassandraConnection(options)
  const gate = createGate(maxInFlight)
  const insertsOf = perTable(table => inserts(table, keyspace))
  const keyStatementsOf = perTable(table => keyStatements(table, keyspace))
  const rowMark = (table: MartTable): string | undefined => table.clusteringKey.at(-1)?.column
  const { explain, location } = connection
  const place = { where: location, keyspace, replication, createKeyspace, retention: options.retention }

  async function page(table: MartTable, cql: string, params: unknown[], state?: string): Promise<types.ResultSet> {
    const client = await connection.client()
    const paging = { fetchSize: PAGE_ROWS, ...(state === undefined ? {} : { pageState: state }) }
    return client.execute(cql, params, { prepare: true, isIdempotent: true, ...paging }).catch(error => {
      throw explain(error, table.name)
    })
  }

  /** Pages of rows; the next page is on its way while one is being used. Static columns of a partition without rows give none. */
  async function* pages(table: MartTable, cql: string, params: unknown[]): AsyncGenerator<types.Row[]> {
    const mark = rowMark(table)
    let next: Promise<types.ResultSet> | undefined = page(table, cql, params)
    while (next) {
      const { rows, pageState }: types.ResultSet = await next
      next = pageState ? page(table, cql, params, pageState) : undefined
      next?.catch(() => {})
      yield mark === undefined ? rows : rows.filter(row => row[mark] !== null)
    }
  }

  return {
    location,
    async ensureTables(tables) {
      const client = await connection.client()
      try {
        const made = await ensureKeyspace(client, place)
        for (const table of tables) made.push(...(await ensureTable(client, table, place)))
        return made
      } catch (error) {
        throw explain(error)
      }
    },
    async lacks(tables) {
      const client = await connection.client()
      return lackedSchema(client, tables, place).catch(error => {
        throw explain(error)
      })
    },
    async upsert(table, rows) {
      assertRows(table, rows)
      const client = await connection.client()
      const statements = insertsOf(table)
      const options = { prepare: true, isIdempotent: true, logged: false }
      const ttl = (row: MartRow): number => timeToLive(rowEndMs(retention.get(table.name), table, row), clock.now())
      const send = async (batch: PartitionBatch): Promise<unknown> => {
        const { query, params } = statements[batch.kind]
        const [only] = batch.rows
        return batch.rows.length === 1
          ? client.execute(query, params(only!, ttl(only!)), options)
          : client.batch(
              batch.rows.map(row => ({ query, params: params(row, ttl(row)) })),
              options,
            )
      }
      const kept = keptRows(retention, table, { rows, nowMs: clock.now() })
      await gate.forEach(groupIntoBatches(table, kept, BATCH_LIMITS), send).catch(error => {
        throw explain(error, table.name)
      })
      return { expired: rows.length - kept.length }
    },
    retentionMs: ({ name }) => retention.get(name) ?? null,
    async select(table, partition, { limit } = {}) {
      assertPartition(table, partition)
      const columns = Object.keys(table.columns)
      const cql = selectCql(table, columns, { keyspace, ofPartition: true, limited: limit !== undefined })
      const params = [...table.partitionKey.map(name => partition[name]), ...(limit === undefined ? [] : [limit])]
      const read = rowReader(table, columns)
      const found: StoredRow[] = []
      for await (const rows of pages(table, cql, params)) for (const row of rows) found.push(read(row))
      return found
    },
    async has(table, rows) {
      assertKeys(table, rows)
      const client = await connection.client()
      const execute = async (cql: string, params: unknown[]) =>
        (await client.execute(cql, params, { prepare: true, isIdempotent: true })).rows
      return lookUp(table, rows, { keyspace, gate, execute, reader: rowReader }).catch(error => {
        throw explain(error, table.name)
      })
    },
    async writeTimes(table, rows) {
      assertKeys(table, rows)
      const client = await connection.client()
      const statements = keyStatementsOf(table)
      const times = new Array<number | null>(rows.length).fill(null)
      await gate
        .forEach([...rows.entries()], async ([index, { values }]) => {
          const statement = statements[rowKind(table, { values })]
          if (!statement) return
          const params = statement.key.map(name => values[name])
          const [stored] = (await client.execute(statement.writeTimes, params, { prepare: true, isIdempotent: true }))
            .rows
          if (!stored) return
          const found = statement.columns.flatMap((_, at) => {
            const time = stored[`t${at}`] as types.Long | null
            return time === null ? [] : [time.toNumber()]
          })
          if (found.length > 0 || statement === statements.row) times[index] = found.length > 0 ? Math.max(...found) : 0
        })
        .catch(error => {
          throw explain(error, table.name)
        })
      return times
    },
    async delete(table, rows) {
      assertRows(table, rows)
      const client = await connection.client()
      const statements = keyStatementsOf(table)
      await gate
        .forEach(rows, async row => {
          const statement = statements[rowKind(table, row)]
          if (!statement) return
          const params = [types.Long.fromNumber(row.writeTimeMicros), ...statement.key.map(name => row.values[name])]
          await client.execute(statement.delete, params, { prepare: true, isIdempotent: true })
        })
        .catch(error => {
          throw explain(error, table.name)
        })
    },
    async *scan(table, columns) {
      assertColumns(table, columns)
      const mark = rowMark(table)
      const asked = mark === undefined || columns.includes(mark) ? columns : [...columns, mark]
      const read = rowReader(table, columns)
      for await (const rows of pages(table, selectCql(table, asked, { keyspace }), []))
        if (rows.length > 0) yield rows.map(read)
    },
    async ping() {
      const client = await connection.client()
      await client.execute('SELECT key FROM system.local').catch(error => {
        throw explain(error)
      })
    },
    close: () => connection.close(),
  }
}
