import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { compressionsAlgorithmsByBitmask, crc32c, Writer } from '@platformatic/kafka'
import type { LogRecord, OutgoingRecord } from '../../event-log.ts'
import { ClientError } from '../kafka-errors.ts'
import type { KafkaCompression } from '../kafka-options.ts'
import { ByteReader, varintBytes, writeVarint } from './varint.ts'

/*
 * Kafka's record batches (magic 2), see https://kafka.apache.org/documentation/#recordbatch. The library has a codec of its
 * own; this one reads and writes one Buffer without an object per field, checks the checksum of what it reads, and
 * leaves out control records and those of aborted transactions.
 */

const LENGTH_AT = 8
/** The length counts from here. */
const COUNTED_FROM = 12
const LEADER_EPOCH_AT = 12
const MAGIC_AT = 16
const CRC_AT = 17
/** The checksum covers what begins here. */
const ATTRIBUTES_AT = 21
const LAST_DELTA_AT = 23
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const PRODUCER_EPOCH_AT = 51
const SEQUENCE_AT = 53
const COUNT_AT = 57
const RECORDS_AT = 61
const MAGIC = 2

const CODEC = 0b111
const LOG_APPEND_TIME = 0b1000
const TRANSACTIONAL = 0b1_0000
const CONTROL = 0b10_0000
const ABORT = 0

const COMPRESSED: Readonly<Record<KafkaCompression, number>> = { none: 0, gzip: 1, zstd: 4 }
const compressors: Readonly<Record<KafkaCompression, (bytes: Buffer) => Promise<Buffer>>> = {
  none: async bytes => bytes,
  gzip: promisify(gzip),
  zstd: bytes => promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
}

const TRACEPARENT = Buffer.from('traceparent')
const EMPTY = Buffer.alloc(0)

/** Of what the checksum of a batch covers. The library copies what is no buffer of its own kind, and that takes longer than the sum. */
const checksumOf = (batch: Buffer): number =>
  crc32c(Writer.create().append(batch.subarray(ATTRIBUTES_AT)).dynamicBuffer)

export interface BatchIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  /** Of its first record. */
  readonly sequence: number
}

/** Encodes at least one record as one batch. */
export async function encodeBatch(
  records: readonly OutgoingRecord[],
  { producerId, producerEpoch, sequence, compression }: BatchIdentity & { readonly compression: KafkaCompression },
): Promise<Buffer> {
  const base = records[0]!.timestampMs
  let latest = base
  for (const { timestampMs } of records) if (timestampMs > latest) latest = timestampMs
  const plain = encodeRecords(records, base, compression === 'none' ? RECORDS_AT : 0)
  let batch = plain
  if (compression !== 'none') {
    const packed = await compressors[compression](plain)
    batch = Buffer.allocUnsafe(RECORDS_AT + packed.length)
    packed.copy(batch, RECORDS_AT)
  }
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - COUNTED_FROM, LENGTH_AT)
  batch.writeInt32BE(-1, LEADER_EPOCH_AT)
  batch.writeInt8(MAGIC, MAGIC_AT)
  batch.writeInt16BE(COMPRESSED[compression], ATTRIBUTES_AT)
  batch.writeInt32BE(records.length - 1, LAST_DELTA_AT)
  batch.writeBigInt64BE(BigInt(base), BASE_TIMESTAMP_AT)
  batch.writeBigInt64BE(BigInt(latest), MAX_TIMESTAMP_AT)
  batch.writeBigInt64BE(producerId, PRODUCER_ID_AT)
  batch.writeInt16BE(producerEpoch, PRODUCER_EPOCH_AT)
  batch.writeInt32BE(sequence, SEQUENCE_AT)
  batch.writeInt32BE(records.length, COUNT_AT)
  batch.writeUInt32BE(checksumOf(batch), CRC_AT)
  return batch
}

/** The records, behind `headroom` bytes that are left free. */
function encodeRecords(records: readonly OutgoingRecord[], base: number, headroom: number): Buffer {
  const sizes = new Int32Array(records.length)
  let total = headroom
  for (let i = 0; i < records.length; i++) {
    const { key, value, timestampMs, traceparent } = records[i]!
    const size =
      1 +
      varintBytes(timestampMs - base) +
      varintBytes(i) +
      varintBytes(key.length) +
      key.length +
      varintBytes(value.length) +
      value.length +
      (traceparent === undefined ? 1 : 1 + headerBytes(traceparent))
    sizes[i] = size
    total += varintBytes(size) + size
  }
  const bytes = Buffer.allocUnsafe(total)
  let at = headroom
  for (let i = 0; i < records.length; i++) {
    const { key, value, timestampMs, traceparent } = records[i]!
    at = writeVarint(bytes, at, sizes[i]!)
    bytes[at++] = 0
    at = writeVarint(bytes, at, timestampMs - base)
    at = writeVarint(bytes, at, i)
    at = writeBytes(bytes, at, key)
    // Null: it removes the key from a compacted topic.
    at = value.length === 0 ? writeVarint(bytes, at, -1) : writeBytes(bytes, at, value)
    at = writeVarint(bytes, at, traceparent === undefined ? 0 : 1)
    if (traceparent !== undefined) at = writeBytes(bytes, writeBytes(bytes, at, TRACEPARENT), Buffer.from(traceparent))
  }
  return bytes
}

function headerBytes(traceparent: string): number {
  const length = Buffer.byteLength(traceparent)
  return varintBytes(TRACEPARENT.length) + TRACEPARENT.length + varintBytes(length) + length
}

function writeBytes(target: Buffer, at: number, source: Buffer): number {
  const start = writeVarint(target, at, source.length)
  source.copy(target, start)
  return start + source.length
}

export interface FetchedBytes {
  readonly topic: string
  readonly partition: number
  /** Whole batches; the last one may be cut off. */
  readonly bytes: Buffer
  /** Transactions that were aborted: producer and first offset. */
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[]
}

/**
 * The records at or after `from`, and the offset behind the last whole batch (`from` when there is none).
 * @throws ClientError CORRUPT_MESSAGE when a checksum is wrong
 */
export function decodeBatches(
  { topic, partition, bytes, aborted }: FetchedBytes,
  from: number,
): { readonly records: LogRecord[]; readonly next: number } {
  const records: LogRecord[] = []
  const openAborts = aborted.toSorted((a, b) => Number(a.firstOffset - b.firstOffset))
  const abortedNow = new Set<bigint>()
  let next = from
  for (let start = 0; start + RECORDS_AT <= bytes.length; ) {
    const end = start + COUNTED_FROM + bytes.readInt32BE(start + LENGTH_AT)
    if (end > bytes.length) break
    const batch = bytes.subarray(start, end)
    start = end
    check(batch, topic, partition)
    const baseOffset = Number(batch.readBigInt64BE(0))
    const attributes = batch.readInt16BE(ATTRIBUTES_AT)
    next = Math.max(next, baseOffset + batch.readInt32BE(LAST_DELTA_AT) + 1)
    if (attributes & TRANSACTIONAL) {
      while (openAborts.length > 0 && Number(openAborts[0]!.firstOffset) <= baseOffset)
        abortedNow.add(openAborts.shift()!.producerId)
      const producerId = batch.readBigInt64BE(PRODUCER_ID_AT)
      if (attributes & CONTROL && isAbort(batch)) abortedNow.delete(producerId)
      else if (abortedNow.has(producerId)) continue
    }
    if (!(attributes & CONTROL)) readRecords(batch, { topic, partition, baseOffset, attributes, from, records })
  }
  return { records, next }
}

function check(batch: Buffer, topic: string, partition: number): void {
  const where = `${topic}/${partition} at offset ${batch.readBigInt64BE(0)}`
  const magic = batch.readInt8(MAGIC_AT)
  if (magic !== MAGIC)
    throw new ClientError(`A batch of ${where} has format ${magic}, expected ${MAGIC}.`, {
      type: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    })
  if (checksumOf(batch) !== batch.readUInt32BE(CRC_AT))
    throw new ClientError(`The checksum of a batch of ${where} is wrong.`, { type: 'CORRUPT_MESSAGE', isPassing: true })
}

/** The key of a control record is its version and its kind. */
function isAbort(batch: Buffer): boolean {
  const reader = new ByteReader(batch, RECORDS_AT)
  reader.varint()
  reader.at++
  reader.varint()
  reader.varint()
  return reader.bytes()?.readInt16BE(2) === ABORT
}

function readRecords(
  batch: Buffer,
  into: {
    readonly topic: string
    readonly partition: number
    readonly baseOffset: number
    readonly attributes: number
    readonly from: number
    readonly records: LogRecord[]
  },
): void {
  const { topic, partition, baseOffset, attributes, from, records } = into
  const codec = compressionsAlgorithmsByBitmask[attributes & CODEC]
  if (attributes & CODEC && !codec)
    throw new ClientError(`A batch of ${topic}/${partition} is compressed in an unknown way (${attributes & CODEC}).`)
  const reader =
    attributes & CODEC
      ? new ByteReader(codec!.decompressSync(batch.subarray(RECORDS_AT)), 0)
      : new ByteReader(batch, RECORDS_AT)
  const base = Number(batch.readBigInt64BE(BASE_TIMESTAMP_AT))
  const appendedAt = attributes & LOG_APPEND_TIME ? Number(batch.readBigInt64BE(MAX_TIMESTAMP_AT)) : undefined
  for (let left = batch.readInt32BE(COUNT_AT); left > 0; left--) {
    const length = reader.varint()
    const end = reader.at + length
    reader.at++
    const timestampMs = base + reader.varint()
    const offset = baseOffset + reader.varint()
    if (offset >= from) {
      const key = reader.bytes() ?? EMPTY
      const value = reader.bytes() ?? EMPTY
      const traceparent = readTraceparent(reader)
      const record = { topic, partition, offset, key, value, timestampMs: appendedAt ?? timestampMs }
      records.push(traceparent === undefined ? record : { ...record, traceparent })
    }
    reader.at = end
  }
}

function readTraceparent(reader: ByteReader): string | undefined {
  let found: string | undefined
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.bytes()
    const value = reader.bytes()
    if (name?.equals(TRACEPARENT)) found = value?.toString()
  }
  return found
}
