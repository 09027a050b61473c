import type { LolAlert, LolScore, LolTruth } from '@millrace/domains/lol/contract'

export const START_MS = Date.parse('2024-03-24T12:00:00.000Z')
export const MODEL = 'model-1'

const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString()
/** The id of the record with this number. */
export const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** @param seconds since the start */
export const scoreAt = (number: number, seconds: number, more: Partial<LolScore> = {}): LolScore => ({
  eventId: `${idOf(number)}:score`,
  sourceEventId: idOf(number),
  datetime: at(seconds),
  account: 'player-1',
  roomID: 'room-1',
  score: 0,
  verdict: 'normal',
  contributions: [],
  modelId: MODEL,
  warmUp: false,
  late: false,
  ...more,
})

export const alertAt = (number: number, seconds: number, more: Partial<LolAlert> = {}): LolAlert => ({
  eventId: `${idOf(number)}:alert`,
  sourceEventId: idOf(number),
  datetime: at(seconds),
  account: 'player-1',
  roomID: 'room-1',
  score: 1,
  evidence: [],
  modelId: MODEL,
  ...more,
})

/** The label of the action with this number, or of a match that lasts from the start until then. */
export function truthAt(
  of: { readonly action: number } | { readonly match: number },
  seconds: number,
  cheat: string | null,
  more: Partial<LolTruth> = {},
): LolTruth {
  const isAction = 'action' in of
  return {
    eventId: idOf(isAction ? 1_000_000 + of.action : 2_000_000 + of.match),
    datetime: at(isAction ? seconds : 0),
    kind: isAction ? 'action' : 'player-match',
    ...(isAction && { actionId: idOf(of.action) }),
    account: 'player-1',
    roomID: 'room-1',
    roomDay: '2024-03-24',
    champion: 'Viktor',
    endedAt: at(seconds),
    cheater: cheat !== null,
    cheat,
    ...more,
  }
}
