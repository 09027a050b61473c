import { createInstantWriter } from '@millrace/contracts'
import type { LolScore } from '@millrace/domains/lol/contract'
import type { Contribution } from '../models/model.ts'
import type { Move } from './read-move.ts'

/** What is said about a move. */
export interface Judgement extends Pick<LolScore, 'score' | 'verdict' | 'warmUp' | 'late' | 'modelId'> {
  /** Null for none; left out by a model that knows no kinds. */
  readonly kind?: string | null | undefined
  readonly contributions: readonly Contribution[]
}

const writeInstant = createInstantWriter()

const PLAIN = /^[ !#-[\]-~]*$/
const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
/** A text as JSON in ASCII. */
const textJson = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(/[\x7f-\uffff]/g, escaped)

const THREE_DIGITS = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'))
const WITHOUT_LAST_ZEROS = THREE_DIGITS.map(digits => digits.replace(/0+$/, ''))
const UNIT = 1_000_000

/** The same text as `String(value)`, cheaper for whole millionths below one: nearly all numbers of a score are such. */
function numberJson(value: number): string {
  const millionths = Math.round(value * UNIT)
  if (!(millionths > 0 && millionths < UNIT) || millionths / UNIT !== value) return String(value)
  const first = Math.floor(millionths / 1_000)
  const last = millionths - first * 1_000
  return last === 0 ? `0.${WITHOUT_LAST_ZEROS[first]}` : `0.${THREE_DIGITS[first]}${WITHOUT_LAST_ZEROS[last]}`
}

/**
 * The JSON bytes of a move's score, in ASCII. Put together by hand, as it is made for every move: numbers are finite, and only
 * texts that come from outside can need escaping.
 */
export function writeScore(
  move: Move,
  { score, kind, contributions, verdict, warmUp, late, modelId }: Judgement,
): Buffer {
  const { eventId, timeMs, account, roomID } = move
  let parts = ''
  for (const { feature, value, contribution } of contributions)
    parts += `${parts === '' ? '' : ','}{"feature":"${feature}","value":${numberJson(value)},"contribution":${numberJson(contribution)}}`
  return Buffer.from(
    `{"eventId":"${eventId}:score","sourceEventId":"${eventId}","datetime":"${writeInstant(timeMs)}","account":${textJson(account)}${
      roomID === undefined ? '' : `,"roomID":${textJson(roomID)}`
    },"score":${numberJson(score)},${
      kind === undefined ? '' : kind === null ? '"kind":null,' : `"kind":"${kind}",`
    }"verdict":"${verdict}","contributions":[${parts}],"modelId":"${modelId}","warmUp":${warmUp},"late":${late}}`,
    // Cheaper than UTF-8, and the same for ASCII.
    'latin1',
  )
}
