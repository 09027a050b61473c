import type { MartRow, MartTable, MartValue, Topic } from '@millrace/contracts'
import type { Identity } from './identity.ts'
import type { FoundInLog, FoundRecord } from './scan.ts'

type Values = Readonly<Record<string, MartValue>>

/** A row of the mart that is the person's, or the static columns of a partition. */
export interface FoundRow {
  /** The columns of its key. */
  readonly values: Values
  /** Of its newest value; null: not stored. */
  readonly writeTimeMicros: number | null
}

/** What a topic still has in the log. */
export interface FoundTopic {
  records: number
  /** Records that came after the end of the erasure. */
  later: number
  /** When the last of them was sent, ms since the epoch. */
  lastMs: number
}

const keyColumns = ({ partitionKey, clusteringKey }: MartTable): string[] => [
  ...partitionKey,
  ...clusteringKey.map(({ column }) => column),
]

const isStatic = ({ clusteringKey }: MartTable, values: MartRow['values']): boolean =>
  clusteringKey.length > 0 && clusteringKey.every(({ column }) => (values[column] ?? null) === null)

/** The columns of a row's key; of a row without clustering columns those of the partition. */
export function keyOf(table: MartTable, values: MartRow['values']): Values {
  const columns = isStatic(table, values) ? table.partitionKey : keyColumns(table)
  return Object.fromEntries(columns.map(column => [column, values[column] ?? null]))
}

const textOf = (key: Values): string => JSON.stringify(key)

/** What was found of one person. */
export class Findings {
  readonly identity: Identity
  /** Offsets of records, by topic and partition: those below the end of the erasure, in log or lake. */
  readonly offsets = new Map<string, Map<number, Set<number>>>()
  /** First offsets of the ranges of the lake that have such a row. */
  readonly ranges = new Map<string, Map<number, Set<number>>>()
  /** Offsets in the lake. */
  readonly archived = new Map<string, Map<number, Set<number>>>()
  readonly topics = new Map<Topic, FoundTopic>()
  /** Rows by table. */
  readonly rows = new Map<MartTable, FoundRow[]>()
  /** Partitions whose static columns are the person's. */
  readonly #statics = new Map<MartTable, Map<string, FoundRow>>()
  /** Write time of the earliest later record that makes a row, by table and key. */
  readonly #later = new Map<MartTable, Map<string, number>>()
  /** Keys of compacted topics whose newest record is the person's. */
  readonly keys = new Map<Topic, Map<string, Buffer>>()

  constructor(identity: Identity) {
    this.identity = identity
  }

  get isEmpty(): boolean {
    return this.offsets.size === 0 && this.topics.size === 0 && [...this.rows.values()].every(rows => rows.length === 0)
  }

  noteInLog(topic: Topic, record: FoundInLog, isLater: boolean): void {
    const found = this.topics.get(topic) ?? { records: 0, later: 0, lastMs: 0 }
    this.topics.set(topic, found)
    if (isLater) found.later++
    else {
      found.records++
      found.lastMs = Math.max(found.lastMs, record.timestampMs)
      add(this.offsets, topic, record.partition, record.offset)
    }
  }

  noteInLake(topic: Topic, { partition, offset, firstOffset }: FoundRecord & { readonly firstOffset: number }): void {
    add(this.offsets, topic, partition, offset)
    add(this.archived, topic, partition, offset)
    add(this.ranges, topic, partition, firstOffset)
  }

  noteKey(topic: Topic, { key, value }: FoundInLog, isOwn: boolean): void {
    const keys = this.keys.get(topic) ?? new Map<string, Buffer>()
    this.keys.set(topic, keys)
    if (isOwn && value.length > 0) keys.set(key.toString('base64'), key)
    else keys.delete(key.toString('base64'))
  }

  /** Takes note of the static columns of a partition, as of a write time. */
  noteStatic(table: MartTable, { values, writeTimeMicros }: MartRow): void {
    if (!isStatic(table, values)) return
    const key = keyOf(table, values)
    const known = this.#statics.get(table) ?? new Map<string, FoundRow>()
    const times = [writeTimeMicros, known.get(textOf(key))?.writeTimeMicros ?? writeTimeMicros]
    this.#statics.set(table, known.set(textOf(key), { values: key, writeTimeMicros: Math.max(...times) }))
  }

  /** Tables with rows or static columns of the person. */
  get tables(): ReadonlySet<MartTable> {
    return new Set([...this.rows.keys(), ...this.#statics.keys()])
  }

  staticsOf(table: MartTable): readonly FoundRow[] {
    return [...(this.#statics.get(table)?.values() ?? [])]
  }

  noteLaterRow(table: MartTable, { values, writeTimeMicros }: MartRow): void {
    const key = textOf(keyOf(table, values))
    const known = this.#later.get(table) ?? new Map<string, number>()
    this.#later.set(table, known.set(key, Math.min(known.get(key) ?? Number.POSITIVE_INFINITY, writeTimeMicros)))
  }

  /** The deletes of a table: each as of its row's newest value, but before what a later record wrote. `kept`: rows that a later record made. */
  deletesOf(table: MartTable, rows: readonly FoundRow[]): { readonly deletes: MartRow[]; readonly kept: number } {
    let kept = 0
    const deletes = rows.flatMap(({ values, writeTimeMicros }): MartRow[] => {
      if (writeTimeMicros === null) return []
      const laterMicros = this.#later.get(table)?.get(textOf(values)) ?? Number.POSITIVE_INFINITY
      if (laterMicros <= writeTimeMicros) kept++
      return [{ values, writeTimeMicros: Math.min(writeTimeMicros, laterMicros - 1) }]
    })
    return { deletes, kept }
  }
}

function add(map: Map<string, Map<number, Set<number>>>, { name }: Topic, partition: number, offset: number): void {
  const ofTopic = map.get(name) ?? new Map<number, Set<number>>()
  const offsets = ofTopic.get(partition) ?? new Set<number>()
  map.set(name, ofTopic.set(partition, offsets.add(offset)))
}
