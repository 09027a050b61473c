import { eventTimeOf, instantMs } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { deadLetter, decodeJson, ok, type StepResult } from '@millrace/stream'
import { lol, lolRaw, readGameTimeMs } from '../contract.ts'

const decode = decodeJson(lolRaw, ['eventId', 'account', 'method', 'ingametime', 'x', 'y', 'champion', 'roomID'])

/** An action of a player. */
export interface PlayerAction {
  readonly event: Extract<ReturnType<typeof decode>, { kind: 'ok' }>['value']
  /** Event time, ms since the epoch. */
  readonly timeMs: number
  /** Start of the match, ms since the epoch: as the client says, else the event time less the game time. */
  readonly roomStartMs: number
}

/** Reads a record of lol.raw; only the fields that are used are checked, as the topic holds validated events. */
export function readAction(record: LogRecord): StepResult<PlayerAction> {
  const decoded = decode(record, record)
  if (decoded.kind !== 'ok') return decoded
  const event = decoded.value
  const wrong = (field: 'datetime' | 'createRoomDate' | 'ingametime', expected: string) =>
    deadLetter('wrong_field', `${field}: expected ${expected}, got ${JSON.stringify(event[field])}`, {
      path: `/${field}`,
      sourceEventId: event.eventId,
    })
  const gameTimeMs = readGameTimeMs(event.ingametime)
  if (gameTimeMs === null) return wrong('ingametime', 'minutes:seconds')
  const timeMs = eventTimeOf(lol.topics.raw, event)
  if (timeMs === null) return wrong('datetime', 'an instant such as 2024-03-24T11:25:29.845Z')
  const { createRoomDate } = event
  const roomStartMs = createRoomDate === undefined ? timeMs - gameTimeMs : instantMs(createRoomDate)
  if (Number.isNaN(roomStartMs)) return wrong('createRoomDate', 'an instant such as 2024-03-24T11:00:00.000Z')
  return ok({ event, timeMs, roomStartMs })
}
