import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CheatKind } from '@millrace/domains/lol/simulate/kinds'
import { averagePrecision, rankOf } from './average-precision.ts'
import type { Play } from './play.ts'

const SCRIPT = fileURLToPath(new URL('../python/peers.py', import.meta.url))
/** Values of an action that the detectors of other libraries see. */
const FEATURES = [
  'displacement',
  'speed',
  '|dx| + |dy|',
  'actions in 10 s',
  'straightness of the path',
  'fastest step of the path',
] as const
/** Largest difference of two implementations of one metric, which sum in different orders. */
const TOLERANCE = 1e-6

/** Scores of detectors of other libraries; one that judged every so many actions only has NaN for the others. */
export interface PeerScores {
  readonly scores: ReadonlyMap<string, Float32Array>
  /** Half-space trees judged one action in so many. */
  readonly step: number
}

function featuresOf({ baselines, player }: Play): Float32Array {
  const rows = new Float32Array(player.length * FEATURES.length)
  FEATURES.forEach((name, column) => {
    const values = baselines.get(name)!
    for (let row = 0; row < values.length; row++) rows[row * FEATURES.length + column] = values[row]!
  })
  return rows
}

/** Actions of one kind of cheaters and of honest players. */
function checkOf(play: Play, scores: Float32Array, kind: CheatKind) {
  const rows = [...play.player.keys()].filter(row => {
    const { cheat } = play.players[play.player[row]!]!
    return cheat === null || cheat === kind
  })
  const values = Float32Array.from(rows, row => scores[row]!)
  const labels = Uint8Array.from(rows, row => play.isAltered[row]!)
  const own = averagePrecision({
    rank: rankOf(values),
    scores: values,
    isCounted: () => true,
    isPositive: row => labels[row] === 1,
  })
  return { values, labels, own: own! }
}

/**
 * Lets the detectors of other libraries judge a play, and checks average precision against scikit-learn.
 * @param python interpreter with the packages of `python/requirements.txt`
 * @throws Error where it cannot run, or where the metrics differ
 */
export function judgeByPeers(
  play: Play,
  { python, model, kinds }: { readonly python: string; readonly model: string; readonly kinds: readonly CheatKind[] },
): PeerScores {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-evaluation-'))
  try {
    const write = (name: string, { buffer, byteOffset, byteLength }: Float32Array | Uint8Array): string => {
      writeFileSync(path.join(folder, name), new Uint8Array(buffer, byteOffset, byteLength))
      return name
    }
    const checks = kinds.flatMap(kind =>
      [play.models.get(model)!.actions, play.baselines.get('speed')!].map(scores => checkOf(play, scores, kind)),
    )
    const job = {
      features: write('features', featuresOf(play)),
      names: FEATURES,
      checks: checks.map(({ values, labels }, n) => ({
        scores: write(`scores-${n}`, values),
        labels: write(`labels-${n}`, labels),
      })),
    }
    writeFileSync(path.join(folder, 'job.json'), JSON.stringify(job))
    const { status, stderr, error } = spawnSync(python, [SCRIPT, folder], { encoding: 'utf8' })
    if (error || status !== 0)
      throw new Error(
        `${python} could not run ${SCRIPT}: ${error?.message ?? stderr.trim().split('\n').at(-1)}. It needs the packages of ${path.join(path.dirname(SCRIPT), 'requirements.txt')}; --python names another interpreter.`,
      )
    const answer = JSON.parse(readFileSync(path.join(folder, 'answer.json'), 'utf8')) as {
      readonly step: number
      readonly checks: readonly number[]
    }
    checks.forEach(({ own }, n) => {
      const theirs = answer.checks[n]!
      if (Math.abs(own - theirs) > TOLERANCE)
        throw new Error(`Average precision is ${own}, but ${theirs} by scikit-learn.`)
    })
    const read = (name: string): Float32Array => {
      const bytes = readFileSync(path.join(folder, name))
      return new Float32Array(new Uint8Array(bytes).buffer)
    }
    const sampled = read('half-space-trees')
    const everywhere = new Float32Array(play.player.length).fill(Number.NaN)
    for (let n = 0; n < sampled.length; n++) everywhere[n * answer.step] = sampled[n]!
    return {
      scores: new Map([
        ['Isolation Forest', read('isolation-forest')],
        ['half-space trees', everywhere],
      ]),
      step: answer.step,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
