import type { LogRecord } from '@millrace/event-log'

/** The step has its value. */
export interface Ok<Out> {
  readonly kind: 'ok'
  readonly value: Out
}

/** The record is at fault: it goes to `failed-events` and its partition moves on. */
export interface DeadLetter {
  readonly kind: 'dead-letter'
  /** Reason code, a row of the service's error table. */
  readonly code: string
  readonly message: string
  /** JSON pointer to the field at fault. */
  readonly path: string | null
  readonly sourceEventId: string | null
}

/** The record needs no output and is not at fault; it is counted under `reason`. */
export interface Drop {
  readonly kind: 'drop'
  readonly reason: string
}

export type StepResult<Out> = Ok<Out> | DeadLetter | Drop

/** One thing that is done with a record. Bad data is a result; only bad infrastructure throws. */
export type Step<In, Out> = (input: In, record: LogRecord) => StepResult<Out>

export const ok = <Out>(value: Out): Ok<Out> => ({ kind: 'ok', value })

export const deadLetter = (
  code: string,
  message: string,
  { path = null, sourceEventId = null }: { path?: string | null; sourceEventId?: string | null } = {},
): DeadLetter => ({ kind: 'dead-letter', code, message, path, sourceEventId })

export const drop = (reason: string): Drop => ({ kind: 'drop', reason })
