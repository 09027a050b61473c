export { type BuiltDataFile, buildDataFile, type ManifestFile, readDataFile, readRange } from './data-file.ts'
export { createDirectoryLake } from './directory-lake.ts'
export { type EraseRowsOptions, erasedRowsOf, eraseRows, type RangeName, removeErasureFiles } from './erase-rows.ts'
export { lakeError, lakeErrors, undecodableErrors } from './errors.ts'
export type { DataFormat, DataRecord, LakeRow } from './formats/data-format.ts'
export { createRecordDecoder, type DecodedRecord } from './formats/decode-record.ts'
export { createFormat } from './formats/format-of.ts'
export { createNdjsonFormat } from './formats/ndjson-format.ts'
export { createParquetFormat } from './formats/parquet-format.ts'
export type { Lake, LakeEntry } from './lake.ts'
export { howToLook } from './look.ts'
export { newestManifest, readManifest, readManifests } from './manifests.ts'
export { countOffsets, hasOffset, mergeRanges, offsetsWithin, rangesOf } from './offset-ranges.ts'
export {
  areRowsDeleted,
  identifierHash,
  noteRowsDeleted,
  type ReceiptContent,
  readReceipts,
  receiptDigest,
  receiptText,
  writeReceipt,
} from './receipts.ts'
export { type Period, QUARANTINE, type SegmentRow } from './segment/open-segment.ts'
export { removeTemporaryFiles } from './segment/roll-forward.ts'
export {
  createSegmentBudget,
  SEGMENT_BUDGET_DEFAULTS,
  type SegmentBudget,
  type SegmentBudgetOptions,
} from './segment/segment-budget.ts'
export {
  createSegmentWriter,
  type SegmentObserver,
  type SegmentWriter,
  type SegmentWriterOptions,
} from './segment/segment-writer.ts'
export { type WebHdfsConfig, webHdfsLakeFromEnv, webhdfsEnv } from './webhdfs/env.ts'
export { createWebHdfsLake, type WebHdfsLakeOptions } from './webhdfs/webhdfs-lake.ts'
