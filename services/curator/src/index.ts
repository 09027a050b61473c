export { createCuratorTopologies } from './topology.ts'
