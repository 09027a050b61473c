import { type CompressionAlgorithmValue, createRecordsBatch, Reader, readRecordsBatches } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { text } from '../../../test/log-driver.ts'
import type { OutgoingRecord } from '../../event-log.ts'
import { decodeBatches, encodeBatch } from './record-batch.ts'
import { ByteReader, varintBytes, writeVarint } from './varint.ts'

const IDENTITY = { producerId: 7_000_000_000n, producerEpoch: 3, sequence: 41 }
const NOW_MS = Date.UTC(2026, 0, 1)
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const ABORT_MARKER = Buffer.from([0, 0, 0, 0])
const CONTROL_AND_TRANSACTIONAL = 0b11_0000

const records: readonly OutgoingRecord[] = [
  { key: text('ключ'), value: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), timestampMs: NOW_MS },
  { key: Buffer.alloc(0), value: Buffer.alloc(0), timestampMs: NOW_MS - 5_000_000_000 },
  { key: text('k'), value: Buffer.alloc(300_000, 7), timestampMs: NOW_MS + 5_000_000_000, traceparent: TRACE },
]

const answer = (bytes: Buffer) => ({ topic: 't', partition: 2, bytes, aborted: [] })

/** A batch as the broker has it: with its offset, and attributes that do not come from the client; the checksum is made anew. */
function stored(batch: Buffer, baseOffset: number, attributes = 0): Buffer {
  const [found] = readRecordsBatches(Reader.from(batch))
  const copy = Buffer.from(batch)
  copy.writeBigInt64BE(BigInt(baseOffset), 0)
  if (attributes === 0) return copy
  copy.writeInt16BE(found!.attributes | attributes, 21)
  return withChecksum(copy)
}

/** By the plain definition of CRC-32C, bit by bit. */
function withChecksum(batch: Buffer): Buffer {
  let crc = 0xffff_ffff
  for (const byte of batch.subarray(21)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
  }
  batch.writeUInt32BE((crc ^ 0xffff_ffff) >>> 0, 17)
  return batch
}

const small = (value: string): OutgoingRecord => ({ key: text('k'), value: text(value), timestampMs: NOW_MS })
const batchOf = (values: readonly string[], identity = IDENTITY): Promise<Buffer> =>
  encodeBatch(values.map(small), { ...identity, compression: 'none' })
const valuesOf = (bytes: Buffer, from: number, aborted: { producerId: bigint; firstOffset: bigint }[] = []) =>
  decodeBatches({ ...answer(bytes), aborted }, from).records.map(({ offset, value }) => `${offset}:${value}`)

describe('a record batch', () => {
  it.each(['none', 'gzip', 'zstd'] as const)('is what another codec reads, compressed by %s', async compression => {
    const batch = await encodeBatch(records, { ...IDENTITY, compression })
    expect(withChecksum(Buffer.from(batch))).toEqual(batch)
    const [found, ...more] = readRecordsBatches(Reader.from(batch))
    expect(more).toEqual([])
    expect(found).toMatchObject({
      magic: 2,
      length: batch.length - 12,
      lastOffsetDelta: 2,
      firstTimestamp: BigInt(NOW_MS),
      maxTimestamp: BigInt(NOW_MS + 5_000_000_000),
      producerId: IDENTITY.producerId,
      producerEpoch: IDENTITY.producerEpoch,
      firstSequence: IDENTITY.sequence,
    })
    expect(found!.records.map(({ offsetDelta }) => offsetDelta)).toEqual([0, 1, 2])
    expect(found!.records.map(({ timestampDelta }) => Number(timestampDelta))).toEqual([0, -5e9, 5e9])
    for (const [i, { key, value }] of records.entries()) {
      expect(found!.records[i]!.key!.equals(key)).toBe(true)
      const read: Buffer | null = found!.records[i]!.value
      if (value.length === 0) expect(read, 'a tombstone').toBeNull()
      else expect(read!.equals(value)).toBe(true)
    }
    expect(found!.records.map(({ headers }) => headers.map(pair => pair.map(String)))).toEqual([
      [],
      [],
      [['traceparent', TRACE]],
    ])
  })

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'is read as another codec wrote it, by %s',
    compression => {
      // Its writer gets times wrong that are more than 2^31 ms apart.
      const nearby = records.map(record => ({ ...record, timestampMs: NOW_MS + (record.timestampMs - NOW_MS) / 1_000 }))
      const written = nearby.map(({ key, value, timestampMs, traceparent }) => ({
        topic: 't',
        key,
        value,
        timestamp: BigInt(timestampMs),
        headers: new Map([
          [text('other'), text('header')],
          ...(traceparent === undefined ? [] : [[text('traceparent'), text(traceparent)] as const]),
        ]),
      }))
      const options = { compression: compression as CompressionAlgorithmValue }
      const batch = stored(createRecordsBatch(written, options).buffer, 1_000)
      const { records: read, next } = decodeBatches(answer(batch), 1_000)
      expect(read).toEqual(nearby.map((record, i) => ({ topic: 't', partition: 2, offset: 1_000 + i, ...record })))
      expect(next).toBe(1_003)
    },
  )

  it('is read from the middle, and what is cut off at the end is left for the next fetch', async () => {
    const first = stored(await batchOf(['a', 'b', 'c']), 10)
    const second = stored(await batchOf(['d', 'e']), 20)
    const both = Buffer.concat([first, second])
    expect(valuesOf(both, 11)).toEqual(['11:b', '12:c', '20:d', '21:e'])
    expect(decodeBatches(answer(both), 11).next).toBe(22)
    for (const cut of [1, 30, second.length - 1]) {
      const { records: whole, next } = decodeBatches(answer(both.subarray(0, both.length - cut)), 10)
      expect(whole.map(({ offset }) => offset)).toEqual([10, 11, 12])
      expect(next).toBe(13)
    }
    expect(decodeBatches(answer(first.subarray(0, first.length - 1)), 10)).toEqual({ records: [], next: 10 })
  })

  it('is refused when any byte that its checksum covers has changed', async () => {
    const batch = stored(await batchOf(['abc']), 0)
    for (let at = 17; at < batch.length; at++) {
      const damaged = Buffer.from(batch)
      damaged[at]! ^= 4
      expect(() => decodeBatches(answer(damaged), 0)).toThrow('t/2 at offset 0')
    }
  })

  it('is left out when its transaction was aborted, and so is every control record', async () => {
    const [one, other] = [1n, 2n].map(producerId => ({ ...IDENTITY, producerId }))
    const transactional = async (values: readonly string[], identity: typeof IDENTITY, baseOffset: number) =>
      stored(await batchOf(values, identity), baseOffset, 0b1_0000)
    const control = { key: ABORT_MARKER, value: Buffer.alloc(6), timestampMs: NOW_MS }
    const abort = stored(await encodeBatch([control], { ...one!, compression: 'none' }), 5, CONTROL_AND_TRANSACTIONAL)
    const commit = stored(
      await encodeBatch([{ ...control, key: Buffer.from([0, 0, 0, 1]) }], { ...other!, compression: 'none' }),
      6,
      CONTROL_AND_TRANSACTIONAL,
    )
    const bytes = Buffer.concat([
      await transactional(['early'], one!, 1),
      await transactional(['aborted'], one!, 2),
      await transactional(['kept'], other!, 3),
      stored(await batchOf(['plain']), 4),
      abort,
      commit,
      await transactional(['later'], one!, 7),
    ])
    expect(valuesOf(bytes, 0, [{ producerId: 1n, firstOffset: 2n }])).toEqual([
      '1:early',
      '3:kept',
      '4:plain',
      '7:later',
    ])
    expect(decodeBatches(answer(abort), 5)).toEqual({ records: [], next: 6 })
  })
})

describe('a varint', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), value => {
        const bytes = Buffer.alloc(10)
        const end = writeVarint(bytes, 0, value)
        expect(end).toBe(varintBytes(value))
        expect(new ByteReader(bytes, 0).varint()).toBe(value)
      }),
      {
        examples: [0, -1, 1, 63, 64, -64, -65, 8_191, 8_192, 2 ** 29, 2 ** 30 - 1, 2 ** 30, 2 ** 31, -(2 ** 31)].map(
          value => [value],
        ),
      },
    )
  })

  it('does not go beyond the bytes that are there', () => {
    expect(() => new ByteReader(Buffer.from([0xff, 0xff]), 0).varint()).toThrow(RangeError)
    expect(() => new ByteReader(Buffer.from([20, 1]), 0).bytes()).toThrow(RangeError)
  })
})
