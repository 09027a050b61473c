import { join } from 'node:path'
import { lakeFormats } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createDirectoryLake, createSegmentBudget } from '@millrace/lake'
import { createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { createLakeArchiverTopology } from '../src/index.ts'
import { PARTITION, records, TOPIC } from './logged-records.ts'

/*
 * An archiver in a process of its own, to be killed: archives the first `total` records of a log that is a function of the
 * offset, from where the lake ends, and exits 0 when all of them are in the lake.
 */

const [directory = '', total = '0', format] = process.argv.slice(2)
const archiver = createLakeArchiverTopology({
  domain: lol,
  format: lakeFormats.find(name => name === format)!,
  maxRows: 40,
  lake: createDirectoryLake({ directory: join(directory, 'lake') }),
  spoolDirectory: join(directory, 'spool'),
  budget: createSegmentBudget(),
  clock: systemClock,
  logger: createLogger('archiver-process', { level: 'silent' }),
  metrics: createServiceMetrics('lake-archiver', { processMetrics: false }),
}).createProcessor(lol.topics.raw, PARTITION)

const end = Number(total)
const { readFrom } = await archiver.open({
  topic: TOPIC,
  partition: PARTITION,
  epoch: 1,
  committed: null,
  earliest: 0,
  end,
})
for (let at = readFrom; at < end; at += 30) await archiver.process(records(at, Math.min(at + 30, end)))
await archiver.close?.('stopping')
