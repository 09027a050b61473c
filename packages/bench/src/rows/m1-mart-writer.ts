import { martTables } from '@millrace/contracts'
import { createCassandraMart } from '@millrace/mart'
import { createMartWriterTopology } from '@millrace/mart-writer'
import { createLogger, systemClock } from '@millrace/runtime'
import { Client, concurrent } from 'cassandra-driver'
import { inBatches, timed } from '../inputs/batches.ts'
import { curatedMoves } from '../inputs/curated.ts'
import { defineRow, type SideContext } from '../row.ts'

/** Each becomes a row of lol_analysis and one of lol_training. */
const EVENTS = 20_000
const KEYSPACE = 'bench'

const contact = ({ addresses }: Pick<SideContext<unknown>, 'addresses'>) => {
  const { contactPoints, port, localDataCenter } = addresses.cassandra!
  return { contactPoints: [...contactPoints], port, localDataCenter, keyspace: KEYSPACE }
}
const openMart = (context: Pick<SideContext<unknown>, 'addresses'>) =>
  createCassandraMart({ ...contact(context), clock: systemClock, logger: createLogger('bench', { level: 'silent' }) })

const COLUMNS = {
  lol_analysis: Object.keys(martTables.lol_analysis.columns),
  lol_training: Object.keys(martTables.lol_training.columns).filter(name => name !== 'label' && name !== 'cheat'),
}
/** Where a column has another name in the event. */
const FIELDS: Readonly<Record<string, string>> = {
  event_id: 'eventId',
  room_day: 'roomDay',
  room_id: 'roomID',
  x_plus_y: 'x+y',
  death_count: 'deathCount',
  record_id: 'id',
  create_room_date: 'createRoomDate',
  buy_item: 'buyItem',
  elapsed_ms: 'elapsedMs',
}
const TIMES = new Set(['datetime', 'create_room_date'])

export const row = defineRow({
  title: "mart writer with a backlog ÷ the driver's executeConcurrent at 128, one Cassandra",
  unit: 'rows/s',
  goal: { bound: 'at least', must: 3, aim: 6 },
  needs: ['cassandra'],
  async prepare(context) {
    const mart = openMart(context)
    await mart.ensureTables([martTables.lol_analysis, martTables.lol_training])
    await mart.close()
    return null
  },
  async ours(context) {
    const mart = openMart(context)
    const processor = createMartWriterTopology({ mart }).createProcessor('lol.curated', 0)
    const batches = inBatches(await curatedMoves(EVENTS), 2_000)
    await processor.open({ topic: 'lol.curated', partition: 0, epoch: 1, committed: null, earliest: 0, end: EVENTS })
    const write = async (): Promise<void> => {
      for (const batch of batches) {
        const { failed } = await processor.process(batch)
        if (failed.length > 0) throw new Error(failed[0]!.reason.message)
      }
    }
    return { round: async () => (2 * EVENTS) / ((await timed(write)) / 1_000), close: () => mart.close() }
  },
  async other(context) {
    const { port, ...contacts } = contact(context)
    const client = new Client({ ...contacts, protocolOptions: { port } })
    await client.connect()
    const events = (await curatedMoves(EVENTS)).map(({ value }) => value)
    const write = async (): Promise<void> => {
      const statements = events.flatMap(value => {
        const event = JSON.parse(value.toString()) as Record<string, unknown>
        return Object.entries(COLUMNS).map(([table, columns]) => ({
          query: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
          params: columns.map(name => {
            const given = event[FIELDS[name] ?? name]
            return TIMES.has(name) ? new Date(given as string) : (given ?? null)
          }),
        }))
      })
      await concurrent.executeConcurrent(client, statements, { concurrencyLevel: 128 })
    }
    return { round: async () => (2 * EVENTS) / ((await timed(write)) / 1_000), close: () => client.shutdown() }
  },
})
