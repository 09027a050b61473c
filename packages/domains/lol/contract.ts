import { defineDomain } from '@millrace/contracts'
import {
  evaluationInputs,
  evaluationTallies,
  qualities,
  qualityKinds,
  qualityLate,
  qualityPartials,
} from './contract/evaluation.ts'
import { mappings } from './contract/mappings.ts'
import { measures } from './contract/measures.ts'
import { alertsByDay, analysis, qualityByDay, scoresByPlayer, training } from './contract/tables.ts'
import { alerts, curated, raw, scores, truth } from './contract/topics.ts'

export { readGameTimeMs } from '../game-time.ts'
export {
  type AlertRow,
  type CheatKind,
  cheatKinds,
  type EvaluationInput,
  type EvaluationTally,
  evaluationInput,
  type LabelRow,
  type Quality,
  type ScoreRow,
} from './contract/evaluation.ts'
export {
  type LolAlert,
  type LolCurated,
  type LolRaw,
  type LolScore,
  type LolTruth,
  lolAlert,
  lolChampions,
  lolCurated,
  lolRaw,
  lolRawWire,
  lolScore,
  lolTruth,
} from './contract/events.ts'
export { alertsByDay, scoresByPlayer } from './contract/tables.ts'
export { qualityKinds }

/** League of Legends: topics, tables and mappings. */
export const lol = defineDomain({
  name: 'lol',
  title: 'League of Legends matches',
  topics: {
    ...{ raw, curated, scores, alerts, truth },
    ...{ evaluationInputs, evaluationTallies, qualities, qualityPartials, qualityLate },
  },
  tables: [analysis, training, scoresByPlayer, alertsByDay, qualityByDay],
  conservation: [
    {
      source: evaluationTallies,
      table: qualityByDay,
      eventsColumn: 'events',
      where: { column: 'kind', equals: qualityKinds[0] },
      late: qualityLate,
    },
  ],
  mappings,
  measures,
})
