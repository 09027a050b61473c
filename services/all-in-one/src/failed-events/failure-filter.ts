import type { FailedEvent } from '@millrace/contracts'

/** Which failed events are meant; what is not given does not matter. */
export interface FailureFilter {
  readonly stage?: FailedEvent['stage']
  readonly sink?: NonNullable<FailedEvent['sink']>
  readonly code?: string
  /** Topic that the record was read from, or meant for. */
  readonly topic?: string
  /** Failed at this instant or later, ms since the epoch. */
  readonly sinceMs?: number
}

export const matches = (event: FailedEvent, { stage, sink, code, topic, sinceMs }: FailureFilter): boolean =>
  (stage === undefined || event.stage === stage) &&
  (sink === undefined || event.sink === sink) &&
  (code === undefined || event.code === code) &&
  (topic === undefined || event.topic === topic) &&
  (sinceMs === undefined || Date.parse(event.datetime) >= sinceMs)
