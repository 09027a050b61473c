export { type AgeBand, ageBandOf, ageBands } from './age-band.ts'
export { canonicalJson, payloadHash } from './canonical.ts'
export { type Column, type ColumnType, columnsOf, LAKE_COLUMNS, takenNames } from './columns.ts'
export {
  type Catalog,
  type ConservationRule,
  createCatalog,
  type DomainContract,
  defineDomain,
  groupOf,
  makerOf,
  serviceOf,
} from './domain.ts'
export { domainProblems } from './domain-problems.ts'
export { type EventReader, eventReaderOf, recordTimeMs } from './event-reader.ts'
export { isPlausibleEventTime, PLAUSIBLE_AHEAD_MS, PLAUSIBLE_FROM_MS } from './event-time.ts'
export {
  hasInexactNumber,
  hasRewrittenNumber,
  isExact,
  membersOf,
  numberText,
  parseAsWritten,
  parseExact,
  writeAsIn,
} from './exact-json.ts'
export { type FailedEvent, failedEvent, failedEventsTopic, recordErrors } from './failed-event.ts'
export { FlatReader, flatReaderOf } from './flat/flat-reader.ts'
export { createInstantWriter } from './instant-writer.ts'
export { jsonPointer } from './json-pointer.ts'
export {
  dataFileName,
  hourFolder,
  type LakeFormat,
  manifestFolder,
  manifestPath,
  quarantineFolder,
  temporaryFolder,
  temporaryPath,
} from './lake-layout.ts'
export { type LakeManifest, lakeManifest } from './manifest.ts'
export {
  bigint,
  boolean,
  defineMapping,
  defineTable,
  double,
  int,
  type MartColumn,
  type MartMapping,
  type MartRow,
  type MartTable,
  type MartType,
  type MartValue,
  microsOf,
  perPartition,
  type TablePurpose,
  text,
  timestamp,
} from './mart.ts'
export { defineMeasure, type Measure, type Measured, OTHER_VALUE } from './measure.ts'
export { breakingChanges, type PublishedContracts, publishedForm } from './published.ts'
export {
  type Derivation,
  defineTopic,
  type EventOf,
  epochMillisField,
  epochSecondsField,
  eventTimeOf,
  instantField,
  isPublishedOnce,
  isReplaced,
  isSameKey,
  keyField,
  MAX_RECORD_BYTES,
  RECEIVED_AT,
  routePath,
  type Topic,
  type TopicRoute,
} from './topic.ts'
export {
  derivedId,
  eventId,
  instant,
  instantMs,
  readWire,
  type WireReader,
  type WireReaders,
  wireBoolean,
  wireEventId,
  wireInstant,
  wireNumber,
  wireObject,
} from './wire.ts'
