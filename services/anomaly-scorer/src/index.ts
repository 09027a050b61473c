export { loadModel, modelErrors, readModel } from './models/load-model.ts'
export type { Contribution, Model, ModelHistory, MoveFeatures, MoveRating } from './models/model.ts'
export { type AnomalyScorerOptions, createAnomalyScorerTopology } from './topology.ts'
