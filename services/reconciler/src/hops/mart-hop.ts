import { type Catalog, groupOf, type MartRow, type MartTable, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { type Mart, rowProblem } from '@millrace/mart'
import { idOf, readEvent } from '../record-id.ts'
import type { FailedIndex } from './failed-index.ts'
import { type EventObserver, type HopCheck, stepEnd, Tally } from './hop.ts'

interface Wanted {
  readonly offset: number
  readonly id: string
  readonly row: MartRow
}

export interface MartHopParts {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly mart: Mart
  readonly failed: FailedIndex
  readonly observe?: EventObserver | undefined
}

/** Compares the records of a topic with the rows that they have in the mart, by the keys of the rows. */
export function createMartHop(contract: Topic, { catalog, log, mart, failed, observe }: MartHopParts): HopCheck {
  const { name: topic, schema } = contract
  const mappings = catalog.mappingsOf(topic)

  return {
    topic,
    hop: 'mart',
    target: 'mart',
    group: groupOf('mart-writer', contract.domain),
    async compare(partition, { from, to, earliest }) {
      const tally = new Tally(topic)
      const end = stepEnd(from, to)
      const byTable = new Map<MartTable, Wanted[]>(mappings.map(({ table }) => [table, []]))
      const ids = new Set<string>()
      /** Records that have not all their rows in the mart, with the tables that lack one. */
      const absent = new Map<number, { readonly id: string; readonly lacks: string[] }>()
      const lack = (offset: number, id: string, what: string): void => {
        const entry = absent.get(offset)
        if (entry) entry.lacks.push(what)
        else absent.set(offset, { id, lacks: [what] })
      }
      for await (const records of log.read(topic, partition, Math.max(from, earliest), end))
        for (const { value, offset } of records) {
          tally.cost++
          const event = readEvent(value)
          const id = idOf(event, partition, offset)
          if (!event || !schema.safeParse(event).success) {
            ids.add(id)
            lack(offset, id, 'any table')
            continue
          }
          for (const { table, toRow } of mappings) {
            const row = toRow(event)
            if (row === null) continue
            ids.add(id)
            if (rowProblem(table, row) === null) byTable.get(table)!.push({ offset, id, row })
            else lack(offset, id, table.name)
          }
        }
      const lookUp = async ([table, wanted]: readonly [MartTable, readonly Wanted[]]) => ({
        ...{ table, wanted },
        there: await mart.has(
          table,
          wanted.map(({ row }) => row),
        ),
      })
      for (const { table, wanted, there } of await Promise.all([...byTable].map(lookUp)))
        for (const [index, { offset, id }] of wanted.entries()) if (!there[index]) lack(offset, id, table.name)
      const failedIds = new Set<string>()
      const missing = new Map<string, string>()
      for (const [offset, { id, lacks }] of absent) {
        if (failed.has(topic, partition, { offset, by: 'mart' }) === 'no') missing.set(id, lacks.join(', '))
        else failedIds.add(id)
      }
      for (const [id, lacks] of missing) tally.miss(id, `is neither in mart table ${lacks} nor in failed-events`)
      for (const id of failedIds) if (!missing.has(id)) tally.failed++
      if (observe)
        for (const id of ids)
          if (missing.has(id)) observe(id, 'missing')
          else if (!failedIds.has(id)) observe(id, 'found')
      tally.events = ids.size
      tally.found = ids.size - tally.failed - tally.missing
      return tally.result(from, end)
    },
  }
}
