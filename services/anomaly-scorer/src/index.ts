export {
  isBuiltInModel,
  loadAdditiveEvidence,
  loadBuiltInModel,
  loadModel,
  modelErrors,
  readModel,
} from './models/load-model.ts'
export type { Contribution, Incident, Judgement, JudgementDetail, Model, PlayerTrack } from './models/model.ts'
export type { Move } from './steps/read-move.ts'
export { type AnomalyScorerOptions, createAnomalyScorerTopology } from './topology.ts'
