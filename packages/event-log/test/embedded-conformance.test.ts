import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@millrace/runtime'
import { createEmbeddedEventLog } from '../src/index.ts'
import { describeEventLog } from './conformance.ts'
import { silentLogger } from './log-driver.ts'

describeEventLog('embedded', async () => {
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
    log,
    maxInFlightBytes,
    shortestSessionMs: 200,
    unique: name => name,
    close: async () => {
      await log.close()
      await rm(directory, { recursive: true })
    },
  }
})
