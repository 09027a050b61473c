import { eventTimeOf, flatReaderOf } from '@millrace/contracts'
import { lol, lolRaw, readGameTimeMs } from '@millrace/domains/lol/contract'
import type { LogRecord } from '@millrace/event-log'
import { deadLetter, decodeJson, drop, ok, type StepResult } from '@millrace/stream'

const decode = decodeJson(lolRaw, ['eventId', 'account', 'method', 'ingametime', 'x', 'y', 'inputkey', 'roomID'])
const reader = flatReaderOf(lolRaw)
const field = {
  eventId: reader.indexOf('eventId'),
  account: reader.indexOf('account'),
  roomID: reader.indexOf('roomID'),
  datetime: reader.indexOf('datetime'),
  method: reader.indexOf('method'),
  ingametime: reader.indexOf('ingametime'),
  x: reader.indexOf('x'),
  y: reader.indexOf('y'),
  inputkey: reader.indexOf('inputkey'),
}

/** What the scorer looks at of a move. The account is its key, never a feature. */
export interface Move {
  readonly eventId: string
  readonly account: string
  readonly roomID: string | undefined
  /** Event time, ms since the epoch. */
  readonly timeMs: number
  /** Time since the match began, ms, to the second; null where the client's text is none. */
  readonly gameMs: number | null
  readonly x: number
  readonly y: number
  readonly inputkey: string
}

const METHOD = '/move'

/** Reads a record of lol.raw; what is not a move is dropped. */
export function readMove(record: LogRecord): StepResult<Move> {
  if (!reader.read(record.value)) return parseMove(record)
  if (reader.internedText(field.method) !== METHOD) return drop('not_a_move')
  return ok({
    eventId: reader.text(field.eventId)!,
    account: reader.internedText(field.account)!,
    roomID: reader.internedText(field.roomID),
    timeMs: reader.instantMs(field.datetime)!,
    gameMs: readGameTimeMs(reader.internedText(field.ingametime)!),
    x: reader.number(field.x)!,
    y: reader.number(field.y)!,
    inputkey: reader.internedText(field.inputkey)!,
  })
}

/** The same for an event that is not written plainly. Only the fields that are used are checked. */
function parseMove(record: LogRecord): StepResult<Move> {
  const decoded = decode(record, record)
  if (decoded.kind !== 'ok') return decoded
  const { eventId, account, method, ingametime, x, y, inputkey, roomID, datetime } = decoded.value
  if (method !== METHOD) return drop('not_a_move')
  const timeMs = eventTimeOf(lol.topics.raw, decoded.value)
  if (timeMs === null)
    return deadLetter('wrong_field', `datetime: expected an instant, got ${JSON.stringify(datetime)}`, {
      path: '/datetime',
      sourceEventId: eventId,
    })
  const gameMs = readGameTimeMs(ingametime)
  return ok({ eventId, account, roomID: roomID ?? undefined, timeMs, gameMs, x, y, inputkey })
}
