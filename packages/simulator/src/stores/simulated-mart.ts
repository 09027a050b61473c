import type { MartRow, MartTable } from '@millrace/contracts'
import { type Mart, martError } from '@millrace/mart'
import { type Network, NoAnswer, Unreachable } from '../network.ts'
import type { ServiceProcess } from '../service-process.ts'

const TIMEOUT_MS = 12_000

/** The mart as a process reaches it over the network: writes may time out and land later, in any order. */
export function createMartClient(parts: {
  /** Holds the rows, and does everything at once. */
  readonly mart: Mart
  readonly isUp: () => boolean
  readonly network: Network
  readonly process: ServiceProcess
}): Mart {
  const { mart, isUp, network, process } = parts

  let isClosed = false
  const checkOpen = (): void => {
    if (isClosed) throw martError('mart_closed', { where: mart.location })
  }

  async function ask<T>(what: string, work: () => Promise<T>): Promise<T> {
    checkOpen()
    try {
      return await network.call({ from: process, to: 'mart', what, isUp, work, timeoutMs: TIMEOUT_MS })
    } catch (error) {
      if (error instanceof NoAnswer || error instanceof Unreachable)
        throw martError('mart_unavailable', { where: mart.location, reason: error.message }, error)
      throw error
    }
  }

  return {
    location: mart.location,
    ensureTables: tables => ask('mart makes tables', () => mart.ensureTables(tables)),
    lacks: tables => ask('mart tells of tables', () => mart.lacks(tables)),
    upsert: (table: MartTable, rows: readonly MartRow[]) =>
      ask(`mart stores in ${table.name}`, () => mart.upsert(table, rows)),
    retentionMs: table => mart.retentionMs(table),
    select: (table, partition, options) => ask('mart selects', () => mart.select(table, partition, options)),
    has: (table, rows) => ask('mart looks up', () => mart.has(table, rows)),
    async *scan(table, columns) {
      checkOpen()
      yield* mart.scan(table, columns)
    },
    writeTimes: (table, rows) => ask('mart tells write times', () => mart.writeTimes(table, rows)),
    delete: (table, rows) => ask('mart deletes', () => mart.delete(table, rows)),
    ping: () => ask('mart is pinged', () => mart.ping()),
    async close() {
      isClosed = true
    },
  }
}
