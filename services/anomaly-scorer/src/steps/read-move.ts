import { lolRaw, readGameTimeMs } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { deadLetter, decodeJson, drop, ok, type StepResult } from '@millrace/stream'

const decode = decodeJson(lolRaw, ['eventId', 'account', 'method', 'ingametime', 'x', 'y', 'inputkey', 'roomID'])

/** What the scorer looks at of a move. The account is its key, never a feature. */
export interface Move {
  readonly eventId: string
  readonly account: string
  readonly roomID: string | undefined
  /** Event time, ISO-8601 and ms since the epoch. */
  readonly datetime: string
  readonly timeMs: number
  /** Time since the match began, ms, to the second; null where the client's text is none. */
  readonly gameMs: number | null
  readonly x: number
  readonly y: number
  readonly inputkey: string
}

/** Reads a record of lol.raw; what is not a move is dropped. Only the fields that are used are checked. */
export function readMove(record: LogRecord): StepResult<Move> {
  const decoded = decode(record, record)
  if (decoded.kind !== 'ok') return decoded
  const { eventId, account, method, ingametime, x, y, inputkey, roomID, datetime } = decoded.value
  if (method !== '/move') return drop('not_a_move')
  const timeMs = typeof datetime === 'string' ? Date.parse(datetime) : Number.NaN
  if (typeof datetime !== 'string' || Number.isNaN(timeMs))
    return deadLetter('wrong_field', `datetime: expected an instant, got ${JSON.stringify(datetime)}`, {
      path: '/datetime',
      sourceEventId: eventId,
    })
  return ok({
    eventId,
    account,
    roomID: roomID ?? undefined,
    datetime,
    timeMs,
    gameMs: readGameTimeMs(ingametime),
    x,
    y,
    inputkey,
  })
}
