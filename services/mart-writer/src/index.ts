export { martWriterErrors } from './errors.ts'
export { createMartWriterMetrics, createMeasureCounter } from './metrics.ts'
export { createMartWriterTopology, type MartWriterParts } from './topology.ts'
