import type { SimulatedRecord } from './actor.ts'
import type { GoldenRow, SimulatedRun } from './domain-simulation.ts'
import type { RecordStream } from './merge.ts'

/** Counts what a simulation sends, to know what the tables that are made of it have to hold. */
export interface GoldenTally {
  /** Told of each record in the order of sending, faults included. */
  note(record: SimulatedRecord): void
  /** The expected rows by table. */
  rows(): Readonly<Record<string, readonly GoldenRow[]>>
}

/** Kinds of faults with which a record never reaches the log, or is there already. */
const UNCOUNTED: readonly string[] = ['dup', 'malformed', 'missing-field']

/** Whether a record adds an event to the log: it is no copy, and the gateway takes it. */
export const isNewEvent = ({ fault }: SimulatedRecord): boolean => !UNCOUNTED.includes(fault?.kind ?? '')

/** A run whose golden answers a tally counts. A run without an end has none: what they need grows with it. */
export function talliedRun(stream: RecordStream, span: SimulatedRun['span'], tally: GoldenTally): SimulatedRun {
  if (span.endMs === Number.POSITIVE_INFINITY) return { stream, span, golden: () => ({}) }
  return {
    stream: {
      get nextMs() {
        return stream.nextMs
      },
      next() {
        const record = stream.next()
        tally.note(record)
        return record
      },
    },
    span,
    golden: () => tally.rows(),
  }
}
