import { join } from 'node:path'
import { makeDirectory, systemReason } from '@millrace/runtime'
import { simulationError } from './errors.ts'
import { type LineFile, openLineFile } from './line-file.ts'

/** The record of what a sender was told is stored: `<folder>/<topic>/<writer>.ids`, one event id per line. */
export interface Ledger {
  /** Adds acknowledged ids; resolves when the operating system has them. Calls must not overlap. */
  append(topic: string, eventIds: readonly string[]): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the ledger of one writer. An id is in it only after its acknowledgement, so a kill at any moment leaves at worst
 * fewer ids than were acknowledged. Files of earlier runs are continued.
 * @throws SimulationError `file_failed`, also from every call
 */
export async function openLedger(folder: string, writer: string): Promise<Ledger> {
  await makeDirectory(folder).catch(error => {
    throw simulationError('file_failed', { path: folder, reason: systemReason(error) }, error)
  })
  const files = new Map<string, LineFile>()
  return {
    async append(topic, eventIds) {
      if (eventIds.length === 0) return
      let file = files.get(topic)
      if (!file) {
        file = await openLineFile(join(folder, topic, `${writer}.ids`), { keep: true })
        files.set(topic, file)
      }
      await file.append(`${eventIds.join('\n')}\n`)
    },
    async close() {
      const open = [...files.values()]
      files.clear()
      const results = await Promise.allSettled(open.map(file => file.close()))
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
  }
}
