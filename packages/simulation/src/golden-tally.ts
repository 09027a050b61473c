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

/**
 * A run whose golden answers a tally counts. For these the run is simulated again, so that sending does not pay for them and a long run
 * remembers nothing.
 * @param createStream the same records each time
 */
export function talliedRun(
  createStream: () => RecordStream,
  span: SimulatedRun['span'],
  createTally: () => GoldenTally,
): SimulatedRun {
  const stream = createStream()
  let taken = 0
  return {
    stream: {
      get nextMs() {
        return stream.nextMs
      },
      next() {
        taken++
        return stream.next()
      },
    },
    span,
    golden() {
      const again = createStream()
      const tally = createTally()
      for (let left = taken; left > 0; left--) tally.note(again.next())
      return tally.rows()
    },
  }
}
