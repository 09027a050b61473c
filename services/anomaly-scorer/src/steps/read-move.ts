import { eventTimeOf, flatReaderOf, jsonPointer } from '@millrace/contracts'
import type { Approach, ApproachPoint } from '@millrace/domains/lol/approach'
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
  path: reader.indexOf('path'),
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
  /** The way of the pointer to the action, where the client sent it. */
  readonly path?: Approach
}

const METHOD = '/move'

/** Reads a record of lol.raw; what is not a move is dropped. */
export function readMove(record: LogRecord): StepResult<Move> {
  if (!reader.read(record.value)) return parseMove(record)
  if (reader.internedText(field.method) !== METHOD) return drop('not_a_move')
  const path = reader.rows(field.path)
  return ok({
    eventId: reader.text(field.eventId)!,
    account: reader.internedText(field.account)!,
    roomID: reader.internedText(field.roomID),
    timeMs: reader.instantMs(field.datetime)!,
    gameMs: readGameTimeMs(reader.internedText(field.ingametime)!),
    x: reader.number(field.x)!,
    y: reader.number(field.y)!,
    inputkey: reader.internedText(field.inputkey)!,
    ...(path && { path: approachOf(path) }),
  })
}

function approachOf(numbers: Float64Array): Approach {
  const points: ApproachPoint[] = []
  for (let at = 0; at < numbers.length; at += 3) points.push([numbers[at]!, numbers[at + 1]!, numbers[at + 2]!])
  return points
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
  const move = { eventId, account, roomID: roomID ?? undefined, timeMs, gameMs, x, y, inputkey }
  const path = lolRaw.shape.path.nullable().safeParse(decoded.value.path)
  if (path.success) return ok(path.data ? { ...move, path: path.data } : move)
  const [issue] = path.error.issues
  const at = ['path', ...issue!.path.map(String)]
  return deadLetter('wrong_field', `${at.join('.')}: ${issue!.message}`, {
    path: jsonPointer(at),
    sourceEventId: eventId,
  })
}
