export { type AgeBand, ageBandOf, ageBands } from './age-band.ts'
export { canonicalJson, payloadHash } from './canonical.ts'
export {
  type Column,
  type ColumnType,
  columnsOf,
  columnTypeText,
  LAKE_COLUMNS,
  type RowColumn,
  takenNames,
} from './columns.ts'
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
export {
  ERASURES_FOLDER,
  type ErasureReceipt,
  erasureReceipt,
  erasureTemporaryFolder,
  receiptPath,
} from './erasure.ts'
export { type EventReader, eventReaderOf, recordTimeMs } from './event-reader.ts'
export { isPlausibleEventTime, PLAUSIBLE_AHEAD_MS, PLAUSIBLE_FROM_MS } from './event-time.ts'
export {
  hasInexactNumber,
  hasRewrittenNumber,
  isExact,
  numberText,
  parseAsWritten,
  parseExact,
} from './exact-json.ts'
export { type FailedEvent, failedEvent, failedEventsTopic, recordErrors } from './failed-event.ts'
export { fallingFirst } from './falling-first.ts'
export { FlatReader, flatReaderOf } from './flat/flat-reader.ts'
export { createInstantWriter } from './instant-writer.ts'
export { itemsOf, membersOf } from './json-members.ts'
export { jsonPointer } from './json-pointer.ts'
export {
  type DataFileName,
  dataFileName,
  erasedFilePath,
  formatOfPath,
  hashInName,
  LAKE_FORMATS,
  type LakeFormat,
  lakeFormats,
  manifestFolder,
  manifestPath,
  periodFolder,
  periodStart,
  quarantineFolder,
  readManifestName,
  revisedManifestPath,
  temporaryFolder,
  temporaryPath,
} from './lake-layout.ts'
export { type LakeManifest, lakeManifest, type OffsetRange } from './manifest.ts'
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
  rowTimeOf,
  type TablePurpose,
  text,
  timestamp,
} from './mart.ts'
export { defineMeasure, type Measure, type Measured, OTHER_VALUE } from './measure.ts'
export {
  type Identifier,
  type IdentifierPlace,
  identifiersIn,
  noPerson,
  type Person,
  type PersonFields,
  pathOfPlace,
  personFieldsOf,
  personIn,
  personProblems,
  personText,
  quotedPeople,
} from './person.ts'
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
  sourcesOf,
  type Topic,
  type TopicRoute,
} from './topic.ts'
export { uuidV5 } from './uuid-v5.ts'
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
  wireList,
  wireNumber,
  wireObject,
} from './wire.ts'
export { writeAsIn } from './write-as-in.ts'
