import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Teaches kafkajs zstd, which it knows by name only. */
export function registerZstd(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { readonly buffer: Buffer }) => compress(encoder.buffer, FASTEST),
    decompress: (buffer: Buffer) => decompress(buffer),
  })
}
