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

/** Nothing more is to be done with the record, and that is right; `reason` names why, for counting. */
export interface Drop {
  readonly kind: 'drop'
  readonly reason: string
}

/** The record belongs elsewhere: it is published there and leaves this path. */
export interface Redirect {
  readonly kind: 'redirect'
  readonly topic: string
  readonly key: Buffer
  readonly value: Buffer
}

export type StepResult<Out> = Ok<Out> | DeadLetter | Drop | Redirect

/** One thing that is done with a record. Bad data is a result; only bad infrastructure throws. */
export type Step<In, Out> = (input: In, record: LogRecord) => StepResult<Out>

export const ok = <Out>(value: Out): Ok<Out> => ({ kind: 'ok', value })

export const deadLetter = (
  code: string,
  message: string,
  { path = null, sourceEventId = null }: { path?: string | null; sourceEventId?: string | null } = {},
): DeadLetter => ({ kind: 'dead-letter', code, message, path, sourceEventId })

export const drop = (reason: string): Drop => ({ kind: 'drop', reason })

/** Publishes the record on another topic; its own bytes unless others are given. */
export const redirect = (
  topic: string,
  record: LogRecord,
  { key = record.key, value = record.value }: { key?: Buffer; value?: Buffer } = {},
): Redirect => ({ kind: 'redirect', topic, key, value })

/** Runs the steps one after the other; the first that is not `ok` decides. */
export function compose<A, B>(first: Step<A, B>): Step<A, B>
export function compose<A, B, C>(first: Step<A, B>, second: Step<B, C>): Step<A, C>
export function compose<A, B, C, D>(first: Step<A, B>, second: Step<B, C>, third: Step<C, D>): Step<A, D>
export function compose<A, B, C, D, E>(
  first: Step<A, B>,
  second: Step<B, C>,
  third: Step<C, D>,
  fourth: Step<D, E>,
): Step<A, E>
export function compose(...steps: Step<unknown, unknown>[]): Step<unknown, unknown> {
  return (input, record) => {
    let result: StepResult<unknown> = ok(input)
    for (const step of steps) {
      result = step(result.value, record)
      if (result.kind !== 'ok') return result
    }
    return result
  }
}
