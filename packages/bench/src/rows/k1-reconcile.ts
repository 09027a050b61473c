import path from 'node:path'
import { reconcile } from '@millrace/reconciler'
import { systemClock } from '@millrace/runtime'
import { readFiles, readTables, readTopics } from '../inputs/bare-reading.ts'
import { timed } from '../inputs/batches.ts'
import { type CarriedEvents, carriedCatalog, carryEvents, openServers } from '../inputs/carried-events.ts'
import { defineRow, type SideContext } from '../row.ts'

/** Of 1,000 players: some 100,000 events, so that what a comparison costs without events does not count. */
const MINUTES = 16
const LAKE_ROOT = '/millrace/lake'
const KEYSPACE = 'millrace'

const topics = carriedCatalog.topics.map(({ name }) => name)
const archived = carriedCatalog.topics.filter(({ lake }) => lake).map(({ name }) => name)
const tables = carriedCatalog.tables.map(({ name }) => name)

/** Everything that is stored, read once and counted. */
async function readAll({ addresses, directory, setting }: SideContext<CarriedEvents>): Promise<void> {
  const records = await readTopics(addresses, topics)
  const rows = await readFiles({ addresses, directory }, LAKE_ROOT, archived)
  const inMart = await readTables(addresses, KEYSPACE, tables)
  const least = Math.min(records, rows, inMart)
  if (least < setting.events) throw new Error(`Read ${records} records, ${rows} rows of files and ${inMart} of tables.`)
}

export const row = defineRow<CarriedEvents>({
  title: 'reconcile ÷ reading log, lake and mart once with kafkajs, fetch and DuckDB, and cassandra-driver',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.3, aim: 0.6 },
  needs: ['kafka', 'hdfs', 'cassandra'],
  prepare: context => carryEvents(context, MINUTES),
  async ours({ addresses, directory, setting: { events, ledger } }) {
    const { log, lake, mart, close } = await openServers(addresses)
    const stores = { catalog: carriedCatalog, log, lake, mart, clock: systemClock, ledger }
    const compareAll = async (): Promise<void> => {
      const { ok, examples } = await reconcile({ ...stores, workDirectory: path.join(directory, 'reconcile') })
      if (!ok) throw new Error(`Something differs: ${examples.join('; ')}`)
    }
    return { round: async () => events / ((await timed(compareAll)) / 1_000), close }
  },
  async other(context) {
    const { events } = context.setting
    return { round: async () => events / ((await timed(() => readAll(context))) / 1_000) }
  },
})
