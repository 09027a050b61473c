import { createInstantWriter, type LolScore } from '@millrace/contracts'
import type { Assessment } from '../models/model.ts'
import type { Move } from './read-move.ts'

/** What is said about a move, beside its score. */
export interface Judgement extends Pick<LolScore, 'verdict' | 'warmUp' | 'late' | 'modelId'> {
  readonly assessment: Assessment
}

const writeInstant = createInstantWriter()

/**
 * The JSON bytes of a move's score. Put together by hand, as it is made for every move: numbers are finite, and only texts
 * that come from outside can need escaping.
 */
export function writeScore(move: Move, { assessment, verdict, warmUp, late, modelId }: Judgement): Buffer {
  const { eventId, timeMs, account, roomID } = move
  const id = JSON.stringify(eventId)
  let contributions = ''
  for (const { feature, value, contribution } of assessment.contributions)
    contributions += `${contributions === '' ? '' : ','}{"feature":"${feature}","value":${value},"contribution":${contribution}}`
  return Buffer.from(
    `{"eventId":${id.slice(0, -1)}:score","sourceEventId":${id},"datetime":"${writeInstant(timeMs)}","account":${JSON.stringify(account)}${
      roomID === undefined ? '' : `,"roomID":${JSON.stringify(roomID)}`
    },"score":${assessment.score},"verdict":"${verdict}","contributions":[${contributions}],"modelId":"${modelId}","warmUp":${warmUp},"late":${late}}`,
  )
}
