/** What a fault did to a record, as the manifest tells it. */
export type FaultNote =
  | { readonly kind: 'dup'; readonly delayMs: number }
  | { readonly kind: 'late'; readonly delayMs: number }
  | { readonly kind: 'out-of-order'; readonly delayMs: number }
  | { readonly kind: 'malformed'; readonly keptChars: number }
  | { readonly kind: 'missing-field'; readonly field: string }
  | { readonly kind: 'burst'; readonly burst: number; readonly delayMs: number }

/** One record of a simulation on its way to a sink. */
export interface SimulatedRecord {
  readonly topic: string
  /** Partition key. */
  readonly key: string
  readonly eventId: string
  /** The record's JSON without a line break; not JSON when it is `malformed` on purpose. */
  readonly value: string
  /** Virtual time of sending, ms since the epoch; with `actor` and `sequence` the total order of a run. */
  readonly atMs: number
  readonly actor: number
  /** Number of the record within its actor. */
  readonly sequence: number
  /** Number of its line in the recorded file, from 1; only records of a replay have one. */
  readonly line?: number
  readonly fault: FaultNote | null
}

/** Something that sends records at times of its own, from a random stream of its own. */
export interface Actor {
  /** Unique in the run whatever the shard: it breaks ties of time. */
  readonly id: number
  /** Virtual time of the next record, ms since the epoch; Infinity when there is none. Never decreases. */
  readonly nextMs: number
  /** Takes the record due at `nextMs` and moves on. */
  next(): SimulatedRecord
}

/** The total order of a run: time, then actor, then number within the actor. */
export const compareRecords = (a: SimulatedRecord, b: SimulatedRecord): number =>
  a.atMs - b.atMs || a.actor - b.actor || a.sequence - b.sequence

/** The field `line` of records that have one. */
export const lineOf = ({ line }: SimulatedRecord): { readonly line?: number } => (line === undefined ? {} : { line })
