export { ARCHIVER_DEFAULTS, type ArchiverOptions } from './options.ts'
export { createLakeArchiverTopology, type LakeArchiverParts } from './topology.ts'
