import type { AdditiveEvidenceArtefact, EvidenceTables, Kind } from '../../src/models/additive-evidence/artefact.ts'
import type { EvidenceTable } from '../../src/models/additive-evidence/evidence-table.ts'
import { compile } from '../../src/models/additive-evidence/model.ts'
import { EvidenceTrack } from '../../src/models/additive-evidence/track.ts'
import type { Move } from '../../src/steps/read-move.ts'

const ALLOWED_LATENESS_MS = 120_000
const PLACES = 5

/** The artefact with the shares of honest people's values in each bin. @param players moves of each, by time */
export function measureReference(
  artefact: AdditiveEvidenceArtefact,
  players: Iterable<readonly Move[]>,
): AdditiveEvidenceArtefact {
  const model = compile(artefact)
  for (const moves of players) {
    const track = new EvidenceTrack(model, ALLOWED_LATENESS_MS)
    for (const [offset, move] of moves.entries()) track.judge(move, offset)
  }
  const referred = ([kind, evidence]: [string, EvidenceTables]): [string, EvidenceTables] => {
    const counted: EvidenceTable = model.tables[kind as Kind]
    const tables = evidence.tables.map((table, n) => {
      const counts = [...Array.from(counted.featureCounts[n]!.counts)]
      const total = counts.reduce((sum, count) => sum + count, 0)
      return { ...table, reference: counts.map(count => Number((count / total).toFixed(PLACES))) }
    })
    return [kind, { ...evidence, tables }]
  }
  const evidence = Object.fromEntries(Object.entries(artefact.evidence).map(referred))
  return { ...artefact, evidence: evidence as AdditiveEvidenceArtefact['evidence'] }
}
