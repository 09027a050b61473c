export { type CuratorOptions, createCuratorTopology } from './topology.ts'
