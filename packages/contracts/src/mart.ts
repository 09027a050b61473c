import type { z } from 'zod'
import type { Person } from './person.ts'
import type { Topic } from './topic.ts'

export type MartType = 'text' | 'timestamp' | 'double' | 'int' | 'bigint' | 'boolean'
/** A timestamp is given in ms since the epoch. */
export type MartValue = string | number | boolean | null

export interface MartColumn {
  readonly type: MartType
  readonly description: string
  /** One value per partition instead of one per row. */
  readonly static?: true
}

type Columns = Readonly<Record<string, MartColumn>>

/** What a table is for; its key follows from it. */
export interface TablePurpose {
  /** The question that the rows of one partition answer. */
  readonly question: string
  /** How many rows a partition has, and what bounds them. */
  readonly partitionRows: string
  /** Partition key of a sample query: one that the demo fills; a timestamp as an ISO-8601 instant. */
  readonly example: Readonly<Record<string, string | number>>
}

/** A table of the mart. */
export interface MartTable<C extends Columns = Columns> {
  readonly name: string
  readonly description: string
  /** Every table of a domain has one. */
  readonly purpose?: TablePurpose
  /** Whose the rows are: columns of identifiers. */
  readonly person?: Person
  readonly partitionKey: readonly string[]
  readonly clusteringKey: readonly { readonly column: string; readonly order: 'asc' | 'desc' }[]
  /**
   * The column of the key from which retention counts: an instant, or a text with a UTC day. Null: rows have no time, such as running
   * totals, and no retention. Every table of a domain says it.
   */
  readonly rowTime?: string | null
  readonly columns: C
}

/** One upsert: columns by name and the write time that orders it against others of the same row, µs since the epoch or a revision. */
export interface MartRow<Name extends string = string> {
  readonly values: Readonly<Partial<Record<Name, MartValue>>>
  readonly writeTimeMicros: number
}

/** How the records of one topic become rows of one table; null for a record that has no row there. */
export interface MartMapping<S extends z.ZodObject = z.ZodObject> {
  readonly topic: Topic<S>
  readonly table: MartTable
  toRow(event: z.infer<S>): MartRow | null
}

const column =
  (type: MartType) =>
  (description: string): MartColumn => ({ type, description })

/** Columns by type, with their description. */
export const text = column('text')
export const timestamp = column('timestamp')
export const double = column('double')
export const int = column('int')
export const bigint = column('bigint')
export const boolean = column('boolean')
/** The same column with one value per partition. */
export const perPartition = (of: MartColumn): MartColumn => ({ ...of, static: true })

/** Declares a table; the columns keep their names in the type, so that a mapping can be checked against them. */
export const defineTable = <const C extends Columns>(table: MartTable<C>): MartTable<C> => table

/** Declares a mapping: rows have columns of the table, made of events of the topic. */
export const defineMapping = <S extends z.ZodObject, C extends Columns>(
  topic: Topic<S>,
  table: MartTable<C>,
  toRow: (event: z.infer<S>) => MartRow<keyof C & string> | null,
): MartMapping<S> => ({ topic, table, toRow })

/** Write time of a fact: its event time, in µs since the epoch. */
export const microsOf = (timeMs: number): number => timeMs * 1000

const DAY_MS = 86_400_000
const DAY = /^\d{4}-\d{2}-\d{2}$/

/**
 * The time of a row, from which retention counts, in ms since the epoch: its instant, or the end of its UTC day. Null where its
 * table has none, or where the column has something else.
 */
export function rowTimeOf({ rowTime, columns }: MartTable, values: MartRow['values']): number | null {
  const value = typeof rowTime === 'string' ? values[rowTime] : null
  if (typeof value === 'number') return columns[rowTime ?? '']?.type === 'timestamp' ? value : null
  if (typeof value !== 'string' || !DAY.test(value)) return null
  const startMs = Date.parse(`${value}T00:00:00.000Z`)
  return Number.isNaN(startMs) ? null : startMs + DAY_MS
}
