import type { KeyedContext } from '@millrace/stream'
import { lol } from '../contract.ts'
import { deriveMoveColumns, sumOfCoordinates } from './derive-columns.ts'
import { normaliseChampion } from './normalise-champion.ts'
import type { PlayerAction } from './read-action.ts'
import type { PlayerTrack } from './track-moves.ts'
import { writeCurated } from './write-curated.ts'
import { createDayWriter } from './write-day.ts'

const writeDay = createDayWriter()

/** Publishes the curated form of an action; late events get no movement columns. */
export function curateAction(track: PlayerTrack, action: PlayerAction, context: KeyedContext): undefined {
  const { event, roomStartMs } = action
  const previous = context.disposition === 'on-time' ? track.add(action, context.record.offset) : null
  if (context.isRebuilding) return
  const derived = {
    roomDay: writeDay(roomStartMs),
    'x+y': sumOfCoordinates(event.x, event.y),
    buyItem: event.method === '/getItem' ? 1 : 0,
    ...deriveMoveColumns(action, previous),
  } as const
  context.emitBytes(
    lol.topics.curated,
    writeCurated(context.record.value, event, normaliseChampion(event.champion), derived),
  )
}
