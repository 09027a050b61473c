export { martWriterErrors } from './errors.ts'
export { createMartWriterTopology, type MartWriterParts, martWriterTables } from './topology.ts'
