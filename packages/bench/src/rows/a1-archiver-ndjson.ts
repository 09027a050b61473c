import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { archive, LoggedMoves } from '../inputs/archive.ts'
import { timed } from '../inputs/batches.ts'
import { defineRow } from '../row.ts'

const EVENTS = 400_000
const CHUNK_BYTES = 1 << 20

const compress = promisify(zstdCompress)

export const row = defineRow({
  title: 'archiver to compressed NDJSON in a local folder ÷ zstd at level 1 alone on the same bytes',
  unit: 'MB/s',
  goal: { bound: 'at least', must: 0.5, aim: 0.8 },
  needs: [],
  async ours({ directory }) {
    const moves = new LoggedMoves(EVENTS)
    const megabytes = moves.values().reduce((sum, value) => sum + value.length + 1, 0) / 1e6
    return {
      round: async () => megabytes / ((await timed(() => archive(directory, moves, 'ndjson.zst'))) / 1_000),
    }
  },
  async other() {
    const bytes = Buffer.concat(new LoggedMoves(EVENTS).values().flatMap(value => [value, Buffer.from('\n')]))
    const compressAll = async (): Promise<void> => {
      for (let from = 0; from < bytes.length; from += CHUNK_BYTES)
        await compress(bytes.subarray(from, from + CHUNK_BYTES), { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
    }
    return { round: async () => bytes.length / 1e6 / ((await timed(compressAll)) / 1_000) }
  },
})
