import type { EventOf, Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { decodeJson } from '../decode-json.ts'
import { emitEvent } from '../emit-event.ts'
import { streamError } from '../errors.ts'
import { failedRecord } from '../failed-records.ts'
import type { DeadLetter } from '../step.ts'
import type { Emit, FailedRecord, PartitionProcessor, ProcessResult } from '../topology.ts'
import { decodeJoinPosition, encodeJoinPosition } from './join-position.ts'
import type { JoinedRows, JoinSide, ReferenceJoinOptions, ReferenceTopics } from './reference-join.ts'
import type { ReferenceRow } from './reference-table.ts'
import { type WaitingEvent, WaitingEvents } from './waiting-events.ts'

type Row = ReferenceRow<Readonly<Record<string, unknown>>> | undefined

/** A record of the source: an event, or what is wrong with it. */
interface SourceRecord<Event> {
  readonly record: LogRecord
  readonly fault: DeadLetter | null
  readonly waiting: WaitingEvent<Event> | null
}

/** Joins the events of one partition. Its state is the events that wait for a row: a restart reads from the first of them. */
export class JoinProcessor<Source extends Topic, Results extends Topic, References extends ReferenceTopics>
  implements PartitionProcessor
{
  readonly #options: ReferenceJoinOptions<Source, Results, References> & { readonly maxWaiting: number }
  readonly #decode
  readonly #names: readonly string[]
  readonly #sides: readonly JoinSide<EventOf<Source>, Topic>[]
  readonly #waiting: WaitingEvents<EventOf<Source>>
  /** By table: keys of rows that the last reading did not find. Looked for again after the next tick. */
  readonly #absent: readonly Set<string>[]
  /** Offsets of waiting events for which a row has arrived. */
  readonly #arrived = new Set<number>()
  #unlisten: readonly (() => void)[] = []
  #assignment: Pick<Assignment, 'topic' | 'partition'> = { topic: '', partition: 0 }
  /** How far the tables were read at the position: an event below it has met every row before. */
  #metRows: readonly (readonly number[])[] = []
  #publishFrom = 0
  #next = 0
  #isLimitLogged = false
  #emits: Emit[] = []
  #failed: FailedRecord[] = []

  constructor(options: ReferenceJoinOptions<Source, Results, References> & { readonly maxWaiting: number }) {
    this.#options = options
    this.#decode = decodeJson(options.source.schema)
    this.#names = Object.keys(options.tables)
    this.#sides = Object.values(options.tables)
    this.#waiting = new WaitingEvents(this.#sides.length)
    this.#absent = this.#sides.map(() => new Set())
  }

  async open(assignment: Assignment) {
    const { logger } = this.#options
    const { topic, partition, committed, earliest } = assignment
    this.#assignment = { topic, partition }
    await this.#refresh()
    for (const unlisten of this.#unlisten) unlisten()
    this.#unlisten = this.#sides.map(({ table }, index) => table.onRow(key => this.#arrive(index, key)))
    const next = committed?.offset ?? earliest
    const found = committed ? decodeJoinPosition(committed.metadata) : null
    this.#metRows = found?.tables ?? []
    const stateFrom = found?.stateFrom ?? next
    if (stateFrom < earliest) logger?.warn({ topic, partition, stateFrom, earliest }, 'waiting_records_expired')
    this.#next = Math.max(earliest, Math.min(stateFrom, next))
    this.#publishFrom = Math.max(earliest, next)
    return { readFrom: this.#next, publishFrom: this.#publishFrom }
  }

  async process(records: readonly LogRecord[]): Promise<ProcessResult> {
    const last = records.at(-1)!
    const sources = records.map(record => this.#read(record))
    if (last.offset >= this.#publishFrom) await this.#lookUp(sources)
    for (const source of sources) this.#take(source)
    this.#next = last.offset + 1
    if (last.offset >= this.#publishFrom) {
      this.#healArrived()
      this.#giveUp(last.timestampMs)
    }
    return this.#result()
  }

  async tick(): Promise<ProcessResult | null> {
    await this.#refresh()
    for (const keys of this.#absent) keys.clear()
    if (this.#next < this.#publishFrom || this.#arrived.size === 0) return null
    this.#healArrived()
    return this.#result()
  }

  close(): null {
    for (const unlisten of this.#unlisten) unlisten()
    return null
  }

  async #refresh(): Promise<void> {
    for (const { table } of this.#sides) await table.refresh()
  }

  #arrive(table: number, key: string): void {
    for (const offset of this.#waiting.needing(table, key)) this.#arrived.add(offset)
  }

  #read(record: LogRecord): SourceRecord<EventOf<Source>> {
    const decoded = this.#decode(record, record)
    if (decoded.kind === 'dead-letter') return { record, fault: decoded, waiting: null }
    if (decoded.kind === 'drop') return { record, fault: null, waiting: null }
    const event = decoded.value as EventOf<Source>
    const waiting = { record, event, keys: this.#try(record, () => this.#sides.map(({ keyOf }) => keyOf(event))) }
    return { record, fault: null, waiting }
  }

  /** A row that was stored before an event is in its table then. */
  async #lookUp(sources: readonly SourceRecord<EventOf<Source>>[]): Promise<void> {
    let isAbsent = false
    for (const { waiting } of sources)
      waiting?.keys.forEach((key, index) => {
        if (this.#sides[index]!.table.get(key) || this.#absent[index]!.has(key)) return
        isAbsent = true
        this.#absent[index]!.add(key)
      })
    if (isAbsent) await this.#refresh()
  }

  #take({ record, fault, waiting }: SourceRecord<EventOf<Source>>): void {
    const { metrics } = this.#options
    const { topic, offset } = record
    const isRebuilding = offset < this.#publishFrom
    if (fault && !isRebuilding) this.#failed.push(failedRecord(record, fault))
    if (!waiting) return
    const rows = this.#rowsOf(waiting)
    const isMissing = rows.includes(undefined)
    // A row that came after the position was not met by an event before it.
    const hasArrived = isRebuilding && rows.some((row, index) => row && this.#isUnmet(row, index))
    if (!isRebuilding) {
      this.#try(record, () => this.#publish(waiting, rows, false))
      if (isMissing) metrics?.missing.inc({ topic })
    }
    if (hasArrived) this.#arrived.add(offset)
    if (isMissing || hasArrived) this.#wait(waiting)
  }

  /** @throws `step_failed` where the join's own functions throw */
  #try<T>({ topic, partition, offset }: LogRecord, step: () => T): T {
    try {
      return step()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw streamError('step_failed', { service: this.#options.service, topic, partition, offset, reason }, error)
    }
  }

  #rowsOf({ keys }: WaitingEvent<EventOf<Source>>): Row[] {
    return this.#sides.map(({ table }, index) => table.get(keys[index]!))
  }

  #isUnmet({ partition, offset }: NonNullable<Row>, table: number): boolean {
    return offset >= (this.#metRows[table]?.[partition] ?? 0)
  }

  #publish({ event, record }: WaitingEvent<EventOf<Source>>, found: readonly Row[], isCorrection: boolean): void {
    const { join, results } = this.#options
    const rows = Object.fromEntries(this.#names.map((name, index) => [name, found[index]?.row ?? null]))
    const revision = found.reduce((sum, row) => sum + (row ? row.offset + 1 : 0), 0)
    this.#emits.push(emitEvent(results, join(event, rows as JoinedRows<References>, revision, isCorrection), record))
  }

  #wait(waiting: WaitingEvent<EventOf<Source>>): void {
    const { maxWaiting, metrics, logger } = this.#options
    this.#waiting.add(waiting)
    if (this.#waiting.size <= maxWaiting) return
    this.#forget(this.#waiting.oldest!)
    metrics?.givenUp.inc({ topic: waiting.record.topic, reason: 'too_many' })
    if (!this.#isLimitLogged) logger?.error({ ...this.#assignment, maxWaiting }, 'too_many_records_wait_for_rows')
    this.#isLimitLogged = true
  }

  #forget(waiting: WaitingEvent<EventOf<Source>>): void {
    this.#waiting.remove(waiting)
    this.#arrived.delete(waiting.record.offset)
  }

  /** Before every result: what it commits says that all rows up to the positions of the tables were met. */
  #healArrived(): void {
    for (const offset of this.#arrived) this.#heal(this.#waiting.get(offset)!)
    this.#arrived.clear()
  }

  #heal(waiting: WaitingEvent<EventOf<Source>>): void {
    const rows = this.#rowsOf(waiting)
    this.#publish(waiting, rows, true)
    if (rows.includes(undefined)) return
    this.#forget(waiting)
    this.#options.metrics?.healed.inc({ topic: waiting.record.topic })
  }

  /** Events that have waited too long. */
  #giveUp(sentMs: number): void {
    const { waitMs, metrics } = this.#options
    for (const waiting of this.#waiting) {
      const { topic, timestampMs } = waiting.record
      if (timestampMs > sentMs - waitMs) return
      this.#forget(waiting)
      metrics?.givenUp.inc({ topic, reason: 'too_long' })
    }
  }

  #result(): ProcessResult {
    const emits = this.#emits
    const failed = this.#failed
    this.#emits = []
    this.#failed = []
    this.#options.metrics?.waiting.set(this.#assignment, this.#waiting.size)
    const stateFrom = this.#waiting.oldest?.record.offset ?? this.#next
    const tables = this.#sides.map(({ table }) => table.positions)
    return { emits, failed, done: this.#next, metadata: encodeJoinPosition({ stateFrom, tables }) }
  }
}
