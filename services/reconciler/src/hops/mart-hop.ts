import {
  type Catalog,
  eventReaderOf,
  groupOf,
  type MartRow,
  type MartTable,
  personFieldsOf,
  type Topic,
} from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { type Mart, rowProblem } from '@millrace/mart'
import type { Clock } from '@millrace/runtime'
import type { Erasures } from '../erasures.ts'
import { mayBeGone } from '../expiry.ts'
import { idOf, readEvent } from '../record-id.ts'
import type { FailedIndex } from './failed-index.ts'
import { type EventObserver, type HopCheck, stepEnd, Tally } from './hop.ts'

interface Wanted {
  readonly offset: number
  readonly id: string
  readonly row: MartRow
}

interface ErasedRow {
  readonly table: MartTable
  readonly partition: number
  readonly offset: number
  readonly row: MartRow
}

/** The key of a row as text; of one that gives static columns alone that of its partition. */
const keyText = ({ partitionKey, clusteringKey }: MartTable, { values }: MartRow): string =>
  JSON.stringify([...partitionKey, ...clusteringKey.map(({ column }) => column)].map(name => values[name] ?? null))

export interface MartHopParts {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly mart: Mart
  readonly clock: Clock
  readonly failed: FailedIndex
  readonly erasures: Erasures
  readonly observe?: EventObserver | undefined
}

/** Compares the records of a topic with the rows that they have in the mart, by the keys of the rows. */
export function createMartHop(
  contract: Topic,
  { catalog, log, mart, clock, failed, erasures, observe }: MartHopParts,
): HopCheck {
  const { name: topic, schema } = contract
  const mappings = catalog.mappingsOf(topic)
  const reader = eventReaderOf(contract)
  const isOfPerson = ({ person }: MartTable): boolean => Object.keys(personFieldsOf(person ?? null)).length > 0

  /** The rows of records that were erased, which are there all the same, although no later record has made them. */
  async function findErased(erased: readonly ErasedRow[], tally: Tally): Promise<void> {
    for (const table of new Set(erased.map(each => each.table))) {
      const own = erased.filter(each => each.table === table)
      const there = await mart.has(
        table,
        own.map(({ row }) => row),
      )
      const found = own.filter((_, index) => there[index])
      if (found.length === 0) continue
      const made = await laterKeys(table, tally)
      for (const { offset, partition, row } of found) {
        if (made.has(keyText(table, row))) continue
        tally.unexpected++
        tally.complain(
          `offset ${offset} of partition ${partition} was erased, and has a row in mart table ${table.name}`,
        )
      }
    }
  }

  /** The keys of the rows that records behind the erasures make. */
  async function laterKeys(table: MartTable, tally: Tally): Promise<ReadonlySet<string>> {
    const keys = new Set<string>()
    for (const mapping of catalog.mappings.filter(mapping => mapping.table === table)) {
      const { name, schema } = mapping.topic
      for (const { partition, earliest, end } of await log.range(name))
        for await (const records of log.read(name, partition, Math.max(earliest, erasures.endOf(name, partition)), end))
          for (const { value } of records) {
            tally.cost++
            const event = readEvent(value)
            const row = event && schema.safeParse(event).success ? mapping.toRow(event) : null
            if (row) keys.add(keyText(table, row))
          }
    }
    return keys
  }

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
      const expired = new Set<string>()
      /** Records that have not all their rows in the mart, with the tables that lack one. */
      const absent = new Map<number, { readonly id: string; readonly lacks: string[] }>()
      const lack = (offset: number, id: string, what: string): void => {
        const entry = absent.get(offset)
        if (entry) entry.lacks.push(what)
        else absent.set(offset, { id, lacks: [what] })
      }
      const erased: ErasedRow[] = []
      for await (const records of log.read(topic, partition, Math.max(from, earliest), end))
        for (const { value, offset } of records) {
          tally.cost++
          // A tombstone has no row.
          if (value.length === 0 && contract.cleanup === 'compact') continue
          const event = readEvent(value)
          const id = idOf(event, partition, offset)
          if (!event || !(reader.read(value) || schema.safeParse(event).success)) {
            ids.add(id)
            lack(offset, id, 'any table')
            continue
          }
          const state = erasures.stateAt(topic, partition, offset)
          for (const { table, toRow } of mappings) {
            const row = toRow(event)
            if (row === null) continue
            if (state !== 'no' && isOfPerson(table)) {
              if (state === 'complete' && rowProblem(table, row) === null)
                erased.push({ table, partition, offset, row })
              continue
            }
            ids.add(id)
            if (rowProblem(table, row) === null) byTable.get(table)!.push({ offset, id, row })
            else lack(offset, id, table.name)
          }
        }
      await findErased(erased, tally)
      const lookUp = async ([table, wanted]: readonly [MartTable, readonly Wanted[]]) => ({
        ...{ table, wanted },
        there: await mart.has(
          table,
          wanted.map(({ row }) => row),
        ),
      })
      for (const { table, wanted, there } of await Promise.all([...byTable].map(lookUp)))
        for (const [index, { offset, id, row }] of wanted.entries()) {
          if (there[index]) continue
          if (mayBeGone(mart, table, row, clock.now())) expired.add(id)
          else lack(offset, id, table.name)
        }
      // An erasure may have begun since the receipts were read.
      if (absent.size > 0) await erasures.update()
      const ofPeople = new Set(mappings.flatMap(({ table }) => (isOfPerson(table) ? [table.name] : [])))
      for (const [offset, { lacks }] of absent)
        if (erasures.stateAt(topic, partition, offset) !== 'no' && lacks.every(name => ofPeople.has(name)))
          absent.delete(offset)
      const failedIds = new Set<string>()
      const missing = new Map<string, string>()
      for (const [offset, { id, lacks }] of absent) {
        if (failed.has(topic, partition, { offset, by: 'mart' }) === 'no') missing.set(id, lacks.join(', '))
        else failedIds.add(id)
      }
      for (const [id, lacks] of missing) tally.miss(id, `is neither in mart table ${lacks} nor in failed-events`)
      for (const id of failedIds) if (!missing.has(id)) tally.failed++
      for (const id of expired) if (!missing.has(id) && !failedIds.has(id)) tally.expired++
      if (observe)
        for (const id of ids)
          if (missing.has(id)) observe(id, 'missing')
          else if (!failedIds.has(id)) observe(id, expired.has(id) ? 'expired' : 'found')
      tally.events = ids.size
      tally.found = ids.size - tally.failed - tally.expired - tally.missing
      return tally.result(from, end)
    },
  }
}
