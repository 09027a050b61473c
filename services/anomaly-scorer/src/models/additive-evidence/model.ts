import type { Model } from '../model.ts'
import { type AdditiveEvidenceArtefact, type Kind, kinds } from './artefact.ts'
import { EvidenceTable } from './evidence-table.ts'
import { EvidenceJudgement } from './judgement.ts'
import { type ActionEvidence, EvidenceTrack } from './track.ts'

/** An artefact made ready. */
export interface CompiledModel {
  readonly artefact: AdditiveEvidenceArtefact
  readonly tables: Readonly<Record<Kind, EvidenceTable>>
  /** What the move that is being judged says, by kind: one place for all players, as one move is judged at a time. */
  readonly latest: (ActionEvidence | null)[]
  /** From a probability of aim as computed to that as observed. */
  calibrate(probability: number): number
}

/** Makes an artefact ready. */
export function compile(artefact: AdditiveEvidenceArtefact): CompiledModel {
  const { evidence, calibration } = artefact
  return {
    artefact,
    tables: {
      jump: new EvidenceTable(evidence.jump),
      snap: new EvidenceTable(evidence.snap),
      macro: new EvidenceTable(evidence.macro),
      rate: new EvidenceTable(evidence.rate),
      clock: new EvidenceTable(evidence.clock),
    },
    latest: kinds.map(() => null),
    calibrate(probability) {
      const next = Math.max(
        1,
        calibration.findIndex(([at]) => at >= probability),
      )
      const [[fromAt, from], [toAt, to]] = [calibration[next - 1]!, calibration[next]!]
      return from + ((probability - fromAt) / (toAt - fromAt)) * (to - from)
    },
  }
}

/** Additive evidence: per kind of cheating a table of log likelihood ratios, and a CUSUM statistic per player. */
export function createAdditiveEvidence(artefact: AdditiveEvidenceArtefact): Model {
  const model = compile(artefact)
  return {
    id: artefact.id,
    suspiciousFrom: artefact.suspiciousFrom,
    // The features of jumps are those of snaps, in other bins.
    features: kinds.flatMap(kind => (kind === 'jump' ? [] : model.tables[kind].featureCounts)),
    reachMs: allowedLatenessMs => artefact.incidentGapMs + allowedLatenessMs,
    createTrack: allowedLatenessMs => new EvidenceTrack(model, allowedLatenessMs),
    judgeAlone: () => new EvidenceJudgement(model, null),
  }
}
