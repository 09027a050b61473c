export { createAggregatorTopologies } from './topology.ts'
