import type { Readable } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib'
import type { ByteReservation } from '../byte-budget.ts'
import type { Refusal } from '../problem.ts'

const KIB = 1 << 10
const MIB = 1 << 20

/** Output size of a decoder. Every chunk costs a round trip through the thread pool and the event loop. */
const DECODED_CHUNK_BYTES = 128 * KIB
const chunked = { chunkSize: DECODED_CHUNK_BYTES }

/** How each Content-Encoding is undone, and the most memory that its decoder may take while it works. */
const decoders = {
  gzip: { create: () => createGunzip(chunked), memoryBytes: 64 * KIB + DECODED_CHUNK_BYTES },
  br: { create: () => createBrotliDecompress(chunked), memoryBytes: 16 * MIB },
  zstd: {
    // A frame may ask for a window of 128 MiB; 8 MiB is what the format recommends every decoder to support.
    create: () => createZstdDecompress({ ...chunked, params: { [constants.ZSTD_d_windowLogMax]: 23 } }),
    memoryBytes: 8 * MIB,
  },
} as const

export type BodyEncoding = keyof typeof decoders

export const bodyEncodings = Object.keys(decoders) as BodyEncoding[]

/** Most memory that a decoder takes; a byte budget must have room for it. */
export const MAX_DECODER_BYTES = Math.max(...Object.values(decoders).map(({ memoryBytes }) => memoryBytes))

/** The refusal of a body that has more bytes than it may. */
export const bodyTooLarge = (limit: number, when: 'as sent' | 'when decompressed'): Refusal => ({
  code: 'body_too_large',
  details: { limit, when },
})

/** The refusal for an error of a decoder after that many bytes of the body. */
export const refusalOfDecoder = (encoding: BodyEncoding, error: NodeJS.ErrnoException, bytes: number): Refusal =>
  error.code === 'Z_BUF_ERROR'
    ? { code: 'body_cut_off', details: { encoding, bytes } }
    : { code: 'bad_encoding', details: { encoding, reason: error.message.toLowerCase() } }

export interface ReadBodyOptions {
  readonly encoding: BodyEncoding | null
  /** Most bytes as sent. */
  readonly maxBytes: number
  /** Most bytes after decompression. */
  readonly maxDecodedBytes: number
  readonly reservation: ByteReservation
  /** Is given a function that ends the reading with a refusal, e.g. when the time is up. */
  readonly onAbortable?: (abort: (refusal: Refusal) => void) => void
}

/**
 * Reads a body, decompressing as it comes, and stops at the limit whatever the compression ratio is.
 * The bytes stay charged to the reservation; what is left of a refused body is read and dropped, so that its sender gets the answer.
 */
export function readBody(stream: Readable, options: ReadBodyOptions): Promise<Buffer | Refusal> {
  const { encoding, maxBytes, maxDecodedBytes, reservation, onAbortable } = options
  const coding = encoding === null ? null : decoders[encoding]
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    let sentBytes = 0
    let decodedBytes = 0
    let isOver = false

    if (coding && !reservation.take(coding.memoryBytes)) {
      stream.resume()
      return resolve({ code: 'overloaded', retryAfterS: 1 })
    }
    const decoder = coding?.create()

    const finish = (result: Buffer | Refusal): void => {
      if (isOver) return
      isOver = true
      if (coding) reservation.giveBack(coding.memoryBytes)
      decoder?.destroy()
      if (!(result instanceof Buffer)) {
        chunks.length = 0
        stream.resume()
      }
      resolve(result)
    }
    onAbortable?.(finish)

    const keep = (chunk: Buffer): void => {
      if (isOver) return
      decodedBytes += chunk.length
      if (decodedBytes > maxDecodedBytes) finish(bodyTooLarge(maxDecodedBytes, 'when decompressed'))
      else if (!reservation.take(chunk.length)) finish({ code: 'overloaded', retryAfterS: 1 })
      else chunks.push(chunk)
    }
    const whole = (): Buffer => (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, decodedBytes))

    stream.on('data', (chunk: Buffer) => {
      if (isOver) return
      sentBytes += chunk.length
      if (sentBytes > maxBytes) return finish(bodyTooLarge(maxBytes, 'as sent'))
      if (!decoder) keep(chunk)
      else if (!decoder.write(chunk)) stream.pause()
    })
    stream.on('end', () => (decoder ? decoder.end() : finish(whole())))
    stream.on('error', () => finish({ code: 'client_gone' }))
    stream.on('close', () => {
      if (!stream.readableEnded) finish({ code: 'client_gone' })
    })
    if (!decoder || encoding === null) return
    decoder.on('drain', () => stream.resume())
    decoder.on('data', keep)
    decoder.on('error', error => finish(refusalOfDecoder(encoding, error, sentBytes)))
    decoder.on('end', () => {
      // Decoders stop at the end of their stream and drop what follows; records in there must not be lost silently.
      if (decoder.bytesWritten === sentBytes && stream.readableEnded) return finish(whole())
      finish({
        code: 'bad_encoding',
        details: {
          encoding,
          reason: `more bytes follow the end of the compressed data at byte ${decoder.bytesWritten}`,
        },
      })
    })
  })
}
