export { martWriterErrors } from './errors.ts'
export { createMartWriterMetrics } from './metrics.ts'
export { createMartWriterTopology, type MartWriterParts } from './topology.ts'
