import { randomUUID } from 'node:crypto'
import { catalog } from '@millrace/domains/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createCassandraMart } from '@millrace/mart'
import { createMartWriterTopology } from '@millrace/mart-writer'
import { createLogger, systemClock } from '@millrace/runtime'
import { Client, concurrent } from 'cassandra-driver'
import { inBatches, timed } from '../inputs/batches.ts'
import { curatedBacklog } from '../inputs/curated.ts'
import { defineRow, type Side, type SideContext } from '../row.ts'

/** Of one round; each becomes a row of lol_analysis and one of lol_training, none of which were there before. */
const EVENTS = 20_000
const PLAYERS = 1_000
/** Events of at most 4 MiB, which the mart writer takes at once from a partition with a backlog. */
const BATCH = 7_000
const KEYSPACE = 'bench'

const contact = ({ addresses }: Pick<SideContext<unknown>, 'addresses'>) => {
  const { contactPoints, port, localDataCenter } = addresses.cassandra!
  return { contactPoints: [...contactPoints], port, localDataCenter, keyspace: KEYSPACE }
}
const openMart = (context: Pick<SideContext<unknown>, 'addresses'>) =>
  createCassandraMart({ ...contact(context), clock: systemClock, logger: createLogger('bench', { level: 'silent' }) })

const ANALYSIS = catalog.table('lol_analysis')
const TRAINING = catalog.table('lol_training')
const COLUMNS = {
  lol_analysis: Object.keys(ANALYSIS.columns),
  lol_training: Object.keys(TRAINING.columns).filter(name => name !== 'label' && name !== 'cheat'),
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

type Backlog = Awaited<ReturnType<typeof curatedBacklog>>
type Partitions = Awaited<ReturnType<Backlog['next']>>

/** A backlog of events that no other process has, so that none of their rows are there before. */
const newBacklog = (): Promise<Backlog> => curatedBacklog(PLAYERS, randomUUID())

const writing = (
  backlog: Backlog,
  write: (partitions: Partitions) => Promise<unknown>,
  close: () => Promise<void>,
): Side => ({
  async round() {
    const partitions = await backlog.next(EVENTS)
    return (2 * EVENTS) / ((await timed(() => write(partitions))) / 1_000)
  },
  close,
})

export const row = defineRow({
  title: "mart writer with a backlog ÷ the driver's executeConcurrent at 128, one Cassandra",
  unit: 'rows/s',
  goal: { bound: 'at least', must: 3, aim: 6 },
  needs: ['cassandra'],
  // The server and the driver need as many before one takes as long as the next.
  warmUpRounds: 5,
  async prepare(context) {
    const mart = openMart(context)
    await mart.ensureTables([ANALYSIS, TRAINING])
    await mart.close()
    return null
  },
  async ours(context) {
    const mart = openMart(context)
    const topology = createMartWriterTopology({ domain: lol, mart })
    const backlog = await newBacklog()
    const processors = await Promise.all(
      (await backlog.next(0)).map(async (_, partition) => {
        const processor = topology.createProcessor(lol.topics.curated, partition)
        await processor.open({ topic: 'lol.curated', partition, epoch: 1, committed: null, earliest: 0, end: 0 })
        return processor
      }),
    )
    const write = (partitions: Partitions) =>
      Promise.all(
        partitions.map(async (records, partition) => {
          for (const batch of inBatches(records, BATCH)) {
            const { failed } = await processors[partition]!.process(batch)
            if (failed.length > 0) throw new Error(failed[0]!.reason.message)
          }
        }),
      )
    return writing(backlog, write, () => mart.close())
  },
  async other(context) {
    const { port, ...contacts } = contact(context)
    const client = new Client({ ...contacts, protocolOptions: { port } })
    await client.connect()
    const write = async (partitions: Partitions) => {
      const statements = partitions.flat().flatMap(({ value }) => {
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
    return writing(await newBacklog(), write, () => client.shutdown())
  },
})
