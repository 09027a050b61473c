import type { LolRaw } from '@millrace/contracts'

/** An action of a player as it came, with the instants that are reckoned with. */
export interface PlayerAction {
  readonly event: LolRaw
  /** Event time, ms since the epoch. */
  readonly timeMs: number
  readonly createRoomDateMs: number | undefined
}

/** What is wrong with a record: an error of the table and its details. */
export interface UnreadableAction {
  readonly code: 'not_json' | 'invalid_field'
  readonly details: Readonly<Record<string, string>>
  readonly path: string | null
  readonly sourceEventId: string | null
}

const GAME_TIME = /^\d{1,4}:\d{1,2}$/
const MOST_SHOWN = 80

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const instantMs = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : Number.NaN)

const notJson = (reason: string): UnreadableAction => ({
  code: 'not_json',
  details: { reason },
  path: null,
  sourceEventId: null,
})

/** Reads a record of lol.raw; checks only the fields that are used, as the topic holds validated events. */
export function readAction(value: Buffer): PlayerAction | UnreadableAction {
  let event: Readonly<Record<string, unknown>>
  try {
    event = JSON.parse(value.toString())
  } catch (error) {
    return notJson((error as Error).message)
  }
  if (event === null || typeof event !== 'object') return notJson(`it holds ${JSON.stringify(event)}`)
  const wrong = (field: string, expected: string): UnreadableAction => ({
    code: 'invalid_field',
    details: {
      path: `/${field}`,
      got: event[field] === undefined ? 'missing' : JSON.stringify(event[field]).slice(0, MOST_SHOWN),
      expected,
    },
    path: `/${field}`,
    sourceEventId: isText(event.eventId) ? event.eventId : null,
  })
  if (!isText(event.eventId)) return wrong('eventId', 'the id of the event')
  if (!isText(event.account)) return wrong('account', "the player's account")
  if (event.method !== '/move' && event.method !== '/wait' && event.method !== '/getItem')
    return wrong('method', '/move, /wait or /getItem')
  if (!isText(event.ingametime) || !GAME_TIME.test(event.ingametime)) return wrong('ingametime', 'minutes:seconds')
  if (!Number.isFinite(event.x)) return wrong('x', 'a number')
  if (!Number.isFinite(event.y)) return wrong('y', 'a number')
  if (!isText(event.champion)) return wrong('champion', 'the name of a champion')
  if (event.roomID !== undefined && !isText(event.roomID)) return wrong('roomID', 'the id of a match, or nothing')
  const timeMs = instantMs(event.datetime)
  if (Number.isNaN(timeMs)) return wrong('datetime', 'an ISO-8601 instant')
  const createRoomDateMs = event.createRoomDate === undefined ? undefined : instantMs(event.createRoomDate)
  if (Number.isNaN(createRoomDateMs)) return wrong('createRoomDate', 'an ISO-8601 instant, or nothing')
  return { event: event as unknown as LolRaw, timeMs, createRoomDateMs }
}
