import { systemClock } from '@millrace/runtime'
import { createEmbeddedEventLog } from '../src/index.ts'
import { silentLogger, text, topicSpec } from './log-driver.ts'

/*
 * Appends to an embedded log in the folder given until it is killed, and prints the id of every record that was
 * acknowledged, one per line. Run as a process of its own by embedded-crash.test.ts.
 */
const [directory = '', writer = ''] = process.argv.slice(2)
const log = await createEmbeddedEventLog({
  directory,
  clock: systemClock,
  logger: silentLogger,
  segmentBytes: 64 << 10,
})
await log.ensureTopics([topicSpec('t', { partitions: 2 })])
const producer = await log.producer({ clientId: writer })
const padding = 'x'.repeat(300)
for (let i = 0; ; i += 20) {
  const ids = Array.from({ length: 20 }, (_, j) => `${writer}-${i + j}`)
  const records = ids.map(id => ({ key: text(id), value: text(`${id} ${padding}`), timestampMs: systemClock.now() }))
  const results = await producer.append('t', records, { deadlineMs: 60_000 })
  const acknowledged = ids.filter((_, j) => results[j]!.ok)
  process.stdout.write(acknowledged.map(id => `${id}\n`).join(''))
}
