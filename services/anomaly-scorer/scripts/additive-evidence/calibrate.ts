import type { Approach } from '@millrace/domains/lol/approach'
import type { AdditiveEvidenceArtefact } from '../../src/models/additive-evidence/artefact.ts'
import { createAdditiveEvidence } from '../../src/models/additive-evidence/model.ts'
import { randomFrom } from '../../test/moves.ts'
import { alterations, type Person } from './people.ts'

interface Judged {
  readonly score: number
  readonly isAltered: boolean
  readonly weight: number
}

const SHARE = 0.25
const ALLOWED_LATENESS_MS = 120_000
/** Points of the table, by the score. */
const POINTS = 14

function* play(person: Person[number], alter: (index: number) => Approach | null) {
  for (const [n, { timeMs, path }] of person.entries()) {
    const altered = alter(n)
    // Aim alone: a key for each action, so that there is neither a tempo nor a rhythm.
    const move = { eventId: String(n), account: '', roomID: 'room', gameMs: null, x: 0, y: 0, inputkey: String(n) }
    yield { move: { ...move, timeMs, path: altered ?? path }, isAltered: altered !== null }
  }
}

/** Isotonic regression by pooling adjacent violators: the observed share of altered actions never falls with the score. */
function pool(judged: readonly Judged[]): { score: number; share: number; weight: number }[] {
  const blocks: { score: number; share: number; weight: number }[] = []
  for (const { score, isAltered, weight } of [...judged].sort((a, b) => a.score - b.score)) {
    let block = { score, share: isAltered ? 1 : 0, weight }
    for (let last = blocks.at(-1); last && last.share >= block.share; last = blocks.at(-1)) {
      blocks.pop()
      const sum = last.weight + block.weight
      block = {
        score: (last.score * last.weight + block.score * block.weight) / sum,
        share: (last.share * last.weight + block.share * block.weight) / sum,
        weight: sum,
      }
    }
    blocks.push(block)
  }
  return blocks
}

/**
 * From the probability that the model computes to the share of altered actions that is observed, at the model's prior, on people's
 * play of which a quarter of the actions is altered.
 */
export function fitCalibration(
  people: readonly Person[],
  artefact: AdditiveEvidenceArtefact,
): AdditiveEvidenceArtefact['calibration'] {
  const model = createAdditiveEvidence(artefact)
  const names = Object.keys(alterations).filter(name => alterations[name]!.kind !== null)
  const judged: Judged[] = []
  const random = randomFrom(9)
  for (const actions of people.flatMap(person => person.slice(0, 5)))
    for (const name of [null, ...names]) {
      const track = model.createTrack(ALLOWED_LATENESS_MS)
      const weight = name === null ? 1 - 2 * artefact.episodePrior : (2 * artefact.episodePrior) / names.length
      const alter = (n: number): Approach | null =>
        name !== null && random() < SHARE ? actions[n]!.altered[name]!.path : null
      let offset = 0
      for (const { move, isAltered } of play(actions, alter)) {
        const { score } = track.judge(move, offset++)
        judged.push({ score, isAltered, weight })
      }
    }
  const blocks = pool(judged)
  const points: [number, number][] = [[0, 0]]
  for (let n = 1; n < POINTS; n++) {
    const at = n / POINTS
    const block = blocks.findLast(({ score }) => score <= at)
    points.push([Number(at.toFixed(3)), Number(Math.max(points.at(-1)![1], block?.share ?? 0).toFixed(3))])
  }
  points.push([1, Math.max(points.at(-1)![1], Number((blocks.at(-1)?.share ?? 1).toFixed(3)))])
  return points
}
