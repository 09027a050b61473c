import { statfsSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lakeFormats } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createDirectoryLake, createSegmentBudget, readDataFile, readManifests } from '@millrace/lake'
import { createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { createLakeArchiverTopology } from '../src/index.ts'
import { PARTITION, records, TOPIC } from './logged-records.ts'

/*
 * Archives on a small file system that is filled up on the way, then has room again; tells as JSON which errors came and
 * which offsets the lake holds. `place` is where there is no room: the lake or the spool.
 */

const [directory = '', elsewhere = '', place = 'lake', format = 'parquet'] = process.argv.slice(2)
const lake = createDirectoryLake({ directory: join(place === 'lake' ? directory : elsewhere, 'lake') })
const archiver = createLakeArchiverTopology({
  domain: lol,
  format: lakeFormats.find(name => name === format)!,
  maxRows: 500,
  lake,
  spoolDirectory: join(place === 'spool' ? directory : elsewhere, 'spool'),
  budget: createSegmentBudget(),
  clock: systemClock,
  logger: createLogger('disk-full-process', { level: 'silent' }),
  metrics: createServiceMetrics('lake-archiver', { processMetrics: false }),
}).createProcessor(lol.topics.raw, PARTITION)

const total = 2000
const ballast = join(directory, 'ballast')
const errors: unknown[] = []
await archiver.open({ topic: TOPIC, partition: PARTITION, epoch: 1, committed: null, earliest: 0, end: total })
let done = 0
for (let at = 0; at < total; at += 100) {
  if (at === 700) {
    const { bavail, bsize } = statfsSync(directory)
    writeFileSync(ballast, Buffer.alloc(bavail * bsize))
  }
  for (let attempt = 0; ; attempt++) {
    try {
      done = (await archiver.process(records(at, at + 100))).done ?? done
      break
    } catch (error) {
      const { code, retryable, message } = error as { code?: string; retryable?: boolean; message: string }
      errors.push({ code, retryable, message })
      if (attempt > 10) throw error
      if (attempt === 2) await rm(ballast)
    }
  }
}
const offsets: number[] = []
for await (const { files } of readManifests(lake, TOPIC, PARTITION)) {
  for (const file of files) {
    for await (const rows of readDataFile(lake, file, { directory: elsewhere }))
      offsets.push(...rows.map(row => row.offset))
  }
}
process.stdout.write(JSON.stringify({ done, errors, offsets }))
