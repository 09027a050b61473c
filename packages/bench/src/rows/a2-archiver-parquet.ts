import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { columnsOf } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { type BasicType, type ColumnSource, parquetWriteFile } from 'hyparquet-writer'
import { archive, LoggedMoves } from '../inputs/archive.ts'
import { timed } from '../inputs/batches.ts'
import { defineRow } from '../row.ts'

const EVENTS = 400_000

/** From the bytes of the records to a file, by the pure JavaScript writer. */
function writeByHyparquet(values: readonly Buffer[], filename: string): void {
  const events = values.map(value => JSON.parse(value.toString()) as Record<string, unknown>)
  const columnData: ColumnSource[] = columnsOf(lol.topics.raw.schema).map(({ name, type }) => {
    const kind: BasicType =
      type === 'double' || type === 'bigint' ? 'DOUBLE' : type === 'timestamp' ? 'TIMESTAMP' : 'STRING'
    const read = (event: Record<string, unknown>): unknown => {
      const value = event[name]
      if (value === undefined || value === null) return null
      return kind === 'TIMESTAMP' ? new Date(value as string) : kind === 'STRING' ? String(value) : value
    }
    return { name, type: kind, data: events.map(read) }
  })
  parquetWriteFile({ filename, columnData })
}

export const row = defineRow({
  title: 'archiver to Parquet in a local folder ÷ hyparquet-writer alone, from the same bytes',
  unit: 'rows/s',
  goal: { bound: 'at least', must: 4, aim: 8 },
  needs: [],
  async ours({ directory }) {
    const moves = new LoggedMoves(EVENTS)
    return { round: async () => EVENTS / ((await timed(() => archive(directory, moves, 'parquet'))) / 1_000) }
  },
  async other({ directory }) {
    mkdirSync(directory, { recursive: true })
    const values = new LoggedMoves(EVENTS).values()
    const write = (): void => writeByHyparquet(values, path.join(directory, `${randomUUID()}.parquet`))
    return { round: async () => EVENTS / ((await timed(write)) / 1_000) }
  },
})
