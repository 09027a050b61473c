import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@millrace/runtime'
import { createEmbeddedEventLog, openEmbeddedLogReader } from '../src/index.ts'
import { describeEventLog } from './conformance.ts'
import { silentLogger } from './log-driver.ts'

async function openUnderTest() {
  const directory = await mkdtemp(join(tmpdir(), 'event-log-'))
  const maxInFlightBytes = 8 << 20
  const log = await createEmbeddedEventLog({
    directory,
    clock: systemClock,
    logger: silentLogger,
    // Small, so that every test crosses segments.
    segmentBytes: 64 << 10,
    maxInFlightBytes,
  })
  return {
    directory,
    log,
    maxInFlightBytes,
    shortestSessionMs: 200,
    unique: (name: string) => name,
    close: async () => {
      await log.close()
      await rm(directory, { recursive: true })
    },
  }
}

describeEventLog('embedded', async () => {
  const { directory: _, ...under } = await openUnderTest()
  return under
})

/* What the reader without a lock sees is what the process that has the lock sees. */
describeEventLog('embedded, read beside its writer,', async () => {
  const { directory, ...under } = await openUnderTest()
  const { range, read } = openEmbeddedLogReader({ directory })
  return { ...under, log: { ...under.log, range, read } }
})
