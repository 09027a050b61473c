import type { EvidenceTables } from '../../src/models/additive-evidence/artefact.ts'
import { spreadOf } from '../../src/models/additive-evidence/rhythm.ts'
import { randomFrom } from '../../test/moves.ts'
import { binOf } from './additive-fit.ts'

type Kind = Omit<EvidenceTables, 'threshold'>

const RUNS = 200_000
const RUN = 8
/**
 * Spread of people's runs of similar gaps: log-normal. The most even 12 presses of a person's session have 0.06 to 0.11; this
 * assumes more even people than those, one run of 300 below 0.04.
 */
const PEOPLE = { median: 0.13, logDeviation: 0.35 }
/** Evenness of macros, alike likely between these. */
const MACRO = { least: 0.01, most: 0.05 }
const MOST_LOG_RATIO = 3.5
const MIXTURE = 0.1

const normalFrom = (random: () => number) => (): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Runs of eight gaps: how even people's and those of macros are, by simulation. */
export function macroEvidence(): Kind {
  const random = randomFrom(8)
  const normal = normalFrom(random)
  const spreadAt = (level: number): number => spreadOf(Array.from({ length: RUN }, () => 1 + level * normal()))
  const edges = [0.02, 0.03, 0.04, 0.05, 0.06, 0.075, 0.09, 0.11]
  const counts = { people: edges.map(() => 1).concat(1), macros: edges.map(() => 1).concat(1) }
  let signs = 0
  for (let run = 0; run < RUNS; run++) {
    const people = spreadAt(PEOPLE.median * Math.exp(PEOPLE.logDeviation * normal()))
    if (people <= 0.05) signs++
    counts.people[binOf(edges, people)]!++
    counts.macros[binOf(edges, spreadAt(MACRO.least + (MACRO.most - MACRO.least) * random()))]!++
  }
  const weights = edges
    .concat(1)
    .map((_, bin) => Math.log(counts.macros[bin]! / counts.people[bin]!))
    .map(weight => Number(Math.max(-4, Math.min(MOST_LOG_RATIO, weight)).toFixed(3)))
  const sign = { conditions: [{ feature: 'gapSpread', atMost: 0.05 }], people: Number((signs / RUNS).toFixed(4)) }
  return {
    intercept: 0,
    tables: [{ feature: 'gapSpread', edges, weights, reference: weights.map(() => 0) }],
    mixture: MIXTURE,
    sign,
  }
}

/**
 * Clicks per second over 5 s. The most that anybody of 94 player-matches clicked was 6.8: a sixth above that is out of reach, and two
 * windows of it are enough.
 */
export const rateEvidence = (): Kind => ({
  intercept: 0,
  tables: [{ feature: 'clicksPerSecond', edges: [5, 7, 8], weights: [-3, -1, 0, 8], reference: [0, 0, 0, 0] }],
  mixture: MIXTURE,
  sign: { conditions: [{ feature: 'clicksPerSecond', atLeast: 8 }], people: 0 },
})

/** Drift between the clocks that two windows of a minute agree on. Game time in whole seconds makes up to 0.017 of it. */
export const clockEvidence = (): Kind => ({
  intercept: 0,
  tables: [{ feature: 'clockDrift', edges: [0.03, 0.05], weights: [-3, 0, 8], reference: [0, 0, 0] }],
  mixture: MIXTURE,
  sign: { conditions: [{ feature: 'clockDrift', atLeast: 0.05 }], people: 0 },
})
