export {
  createGatewaySink,
  type Progress as GeneratorProgress,
  type Summary as GeneratorSummary,
} from '@millrace/simulation'
export { openLolSink } from './app.ts'
export { createLolGenerator, type LolGeneratorContext } from './generator.ts'
export { type Cheaters, type GeneratorOptions, lolGeneratorOptionSpecs, parseGeneratorOptions } from './options.ts'
export { createLolSimulation, type LolSimulation, lolTopics } from './simulation.ts'
