import { Transform, type TransformCallback } from 'node:stream'
import {
  gzipSync,
  type InputType,
  type ZlibOptions,
  type ZstdOptions,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'

// On the thread of the loop: the time that another thread takes is not the seed's.
export {
  brotliCompressSync,
  constants,
  crc32,
  createBrotliDecompress,
  createGunzip,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'

type Callback = (error: Error | null, result: Buffer) => void

export const zstdCompress = (bytes: InputType, options: ZstdOptions, done: Callback): void =>
  done(null, zstdCompressSync(bytes, options))

export const zstdDecompress = (bytes: InputType, done: Callback): void => done(null, zstdDecompressSync(bytes))

export const gzip = (bytes: InputType, options: ZlibOptions, done: Callback): void =>
  done(null, gzipSync(bytes, options))

class ZstdDecompress extends Transform {
  readonly #chunks: Buffer[] = []

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#chunks.push(chunk)
    done()
  }

  override _flush(done: TransformCallback): void {
    const bytes = Buffer.concat(this.#chunks)
    done(null, bytes.length === 0 ? bytes : zstdDecompressSync(bytes))
  }
}

export const createZstdDecompress = (): Transform => new ZstdDecompress()
