export { canonicalJson, payloadHash } from './canonical.ts'
export { type Column, type ColumnType, columnsOf } from './columns.ts'
export {
  type LolAlert,
  type LolCurated,
  type LolRaw,
  type LolScore,
  type LolTruth,
  lolAlert,
  lolChampions,
  lolCurated,
  lolRaw,
  lolScore,
  lolTruth,
  readGameTimeMs,
} from './domains/lol.ts'
export { isSaneEventTime, SANE_AHEAD_MS, SANE_FROM_MS } from './event-time.ts'
export { type FailedEvent, failedEvent } from './failed-event.ts'
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
  type MartColumn,
  type MartMapping,
  type MartRow,
  type MartTable,
  type MartTableName,
  type MartType,
  type MartValue,
  martMappings,
  martTable,
  martTables,
} from './mart-tables.ts'
export { breakingChanges, currentContracts, type PublishedContracts } from './published.ts'
export { MAX_RECORD_BYTES, type TopicContract, type TopicName, topicContract, topicNames, topics } from './topics.ts'
export {
  derivedId,
  eventId,
  instant,
  readWire,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireNumber,
} from './wire.ts'
