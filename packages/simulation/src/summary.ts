/** How a run went. Counts are records; with `dup` faults one event id may be counted more than once. */
export interface Summary {
  readonly sink: string
  /** Given to the sink. */
  readonly emitted: number
  readonly acknowledged: number
  readonly refused: number
  /** Neither acknowledged nor refused when the run ended. */
  readonly unanswered: number
  readonly refusedByCode: Readonly<Record<string, number>>
  /** The first refused records. */
  readonly refusedExamples: readonly RefusedExample[]
  /** Faults among the emitted records, by kind; `dup` counts the repeated copies. */
  readonly faults: Readonly<Record<string, number>>
  readonly byTopic: Readonly<Record<string, TopicCounts>>
  /** Where a later run of the same seed goes on: the number of records at the head of the stream that are settled. */
  readonly position: number
  /** True when the stream was sent to its end. */
  readonly complete: boolean
  readonly elapsedMs: number
  /** `sha256:` over the values of the emitted records, a line break after each, in the order of the run. */
  readonly emittedDigest: string
}

export interface TopicCounts {
  readonly emitted: number
  readonly acknowledged: number
  readonly refused: number
  readonly unanswered: number
}

export interface RefusedExample {
  readonly topic: string
  readonly eventId: string
  /** See `SimulatedRecord.line`. */
  readonly line?: number
  readonly code: string
  readonly message: string
}

/** A run under way. Counts are events: a copy that the fault `dup` sends again is not counted. */
export interface Progress {
  readonly emitted: number
  readonly acknowledged: number
  readonly refused: number
  /** Virtual time reached, ms since the epoch. */
  readonly virtualMs: number
  /** Share of the virtual time, or of a recorded file, that is behind, 0 to 1. */
  readonly share: number
  readonly elapsedMs: number
}
