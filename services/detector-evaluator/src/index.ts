export { createDetectorEvaluatorTopologies, type DetectorEvaluatorOptions } from './topology.ts'
