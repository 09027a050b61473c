import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CALIBRATION_SEEDS, FIT_SEEDS } from '@millrace/domains/lol/simulate/seeds'
import {
  type AdditiveEvidenceArtefact,
  additiveEvidenceArtefact,
  aimFeatures,
} from '../src/models/additive-evidence/artefact.ts'
import { EvidenceTable } from '../src/models/additive-evidence/evidence-table.ts'
import { fitCalibration } from './additive-evidence/calibrate.ts'
import { chooseThreshold } from './additive-evidence/choose-threshold.ts'
import { simulatedMoves, simulatedPeople } from './additive-evidence/crowd.ts'
import { type AimFit, type AimKind, fitAim } from './additive-evidence/fit-aim.ts'
import { clockEvidence, macroEvidence, rateEvidence } from './additive-evidence/other-kinds.ts'
import { type Person, readPeople } from './additive-evidence/people.ts'
import { measureReference } from './additive-evidence/reference.ts'
import { excursionsOf, judgeOthers, leaveOut, reportOf } from './additive-evidence/report.ts'

/** What is chosen rather than fitted; see the README. */
const LEAST_THRESHOLD = 9
/** False alarms per player-hour of all kinds; the aim kinds may have half of them, and each of them a half of that. */
const PER_HOUR = 0.02 / 4
const MIXTURE = 0.1
const SIGNS = {
  snap: [
    { feature: 'straightness', atLeast: 0.98 },
    { feature: 'speedSpread', atMost: 0.3 },
  ],
  jump: [{ feature: 'lastSpeed', atLeast: 4 }],
} as const

const rounded = (value: number): number => Number(value.toFixed(3))

function aimEvidence({ tables, intercept }: AimFit, kind: AimKind, people: readonly Person[]) {
  const evidence = {
    intercept: rounded(intercept),
    tables: tables.map(({ edges, weights }, n) => ({
      feature: aimFeatures[n]!,
      edges: [...edges],
      weights: weights.map(rounded),
      // Measured when everything else is known.
      reference: weights.map(() => 0),
    })),
    mixture: MIXTURE,
    threshold: LEAST_THRESHOLD,
    sign: { conditions: [...SIGNS[kind]], people: 0 },
  }
  const table = new EvidenceTable(evidence)
  const honest = people.flat(2).flatMap(action => (action.honest ? [action.honest] : []))
  const withSign = honest.filter(features => table.hasSign(features)).length
  return { ...evidence, sign: { ...evidence.sign, people: rounded(withSign / honest.length) } }
}

/** The artefact from recordings of people, and simulated players beside them. */
function fitAdditiveEvidence(people: readonly Person[], about: { id: string; source: string; licence: string }) {
  const crowd = simulatedPeople(FIT_SEEDS, { minutes: 5 })
  const others = simulatedPeople(CALIBRATION_SEEDS, { minutes: 10 })
  const held = [...leaveOut(people, crowd), ...judgeOthers([...people, ...crowd], others, people.length)]
  const thresholdOf = (kind: AimKind): number =>
    chooseThreshold(
      [...people, ...others].map((_, person) => excursionsOf(held, kind, person)),
      { perHour: PER_HOUR, least: LEAST_THRESHOLD },
    )
  const everybody = [...people, ...crowd]
  const aim = (kind: AimKind) => ({
    ...aimEvidence(fitAim(everybody, kind), kind, people),
    threshold: thresholdOf(kind),
  })
  const artefact: AdditiveEvidenceArtefact = {
    kind: 'additive-evidence',
    version: 1,
    ...about,
    people: people.length,
    evidence: {
      jump: aim('jump'),
      snap: aim('snap'),
      macro: { ...macroEvidence(), threshold: LEAST_THRESHOLD },
      rate: { ...rateEvidence(), threshold: LEAST_THRESHOLD },
      clock: { ...clockEvidence(), threshold: LEAST_THRESHOLD },
    },
    mostLogRatio: 4,
    episodePrior: 0.02,
    calibration: [
      [0, 0],
      [1, 1],
    ],
    suspiciousFrom: 0.5,
    incidentGapMs: 300_000,
  }
  const referred = measureReference(artefact, simulatedMoves(CALIBRATION_SEEDS, { minutes: 20 }))
  return { artefact: { ...referred, calibration: fitCalibration([...people, ...others], artefact) }, held }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      id: { type: 'string' },
      source: { type: 'string' },
      licence: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const { id, source, licence, out } = values
  const [folder] = positionals
  if (!id || !source || !licence || !out || !folder)
    throw new Error(
      'Usage: fit-additive-evidence.ts --id <model id> --source <what the recordings are> --licence <theirs> --out <file> <folder of recordings, CSV>',
    )
  const people = readPeople(folder)
  const { artefact, held } = fitAdditiveEvidence(people, { id, source, licence })
  writeFileSync(out, `${JSON.stringify(additiveEvidenceArtefact.parse(artefact), null, 2)}\n`)
  const { jump, snap } = artefact.evidence
  console.log(`thresholds: jump ${jump.threshold}, snap ${snap.threshold}\n`)
  console.log(reportOf(people, held, { jump: jump.threshold, snap: snap.threshold }))
}
