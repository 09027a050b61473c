import { createEmbeddedMart } from '../src/index.ts'
import { readings } from './sample-tables.ts'

/** Writes batch after batch into the file that is named, and prints the number of each one that was acknowledged. */
const mart = createEmbeddedMart({ file: process.argv[2]! })
await mart.ensureTables([readings])
for (let batch = 0; ; batch++) {
  const rows = Array.from({ length: 50 }, (_, index) => ({
    writeTimeMicros: 1,
    values: {
      site: `site ${index % 5}`,
      day: batch,
      at: index,
      id: `${batch}:${index}`,
      note: 'x'.repeat(200),
      owner: 'o',
    },
  }))
  await mart.upsert(readings, rows)
  process.stdout.write(`${batch}\n`)
}
