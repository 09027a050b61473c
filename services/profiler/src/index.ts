export { createProfilerTopologies } from './topology.ts'
