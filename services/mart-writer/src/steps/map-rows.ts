import { jsonPointer, type MartMapping, type MartRow, type MartTable, type Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { rowProblem } from '@millrace/mart'
import { deadLetter, decodeJson, drop, ok, type Step, type StepResult } from '@millrace/stream'
import { martWriterError } from '../errors.ts'

/** A row for one table, from a record. */
export interface TableRow {
  readonly table: MartTable
  readonly row: MartRow
}

type Event = Readonly<Record<string, unknown>>

const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** JSON pointer to the field that a column is made of: the one whose name has the same letters; null where there is none. */
function pathOf(event: Event, column: string): string | null {
  const field = Object.keys(event).find(name => letters(name) === letters(column))
  return field === undefined ? null : jsonPointer([field])
}

/** An event and its rows. */
export interface MappedEvent {
  readonly event: Event
  readonly rows: readonly TableRow[]
}

/** A step that turns a record of one topic into its rows; a record with one row that cannot be stored gives none. */
export function mapRows(topic: Topic, mappings: readonly MartMapping[]): Step<LogRecord, MappedEvent> {
  const decode = decodeJson(topic.schema)

  return (record): StepResult<MappedEvent> => {
    // It removes a key from the topic; the rows are deleted by whoever wrote it.
    if (record.value.length === 0 && topic.cleanup === 'compact') return drop('tombstone')
    const decoded = decode(record, record)
    if (decoded.kind !== 'ok') return decoded
    const event: Event = decoded.value
    const rows: TableRow[] = []
    for (const mapping of mappings) {
      const { table } = mapping
      const row = mapping.toRow(event)
      if (row === null) continue
      const problem = rowProblem(table, row)
      if (problem) {
        const { code, message } = martWriterError('unfit_value', { table: table.name, ...problem })
        return deadLetter(code, message, {
          path: pathOf(event, problem.column),
          sourceEventId: typeof event.eventId === 'string' ? event.eventId : null,
        })
      }
      rows.push({ table, row })
    }
    return ok({ event, rows })
  }
}
