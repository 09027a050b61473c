import { lineOf, type SimulatedRecord } from './actor.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { type LineFile, openLineFile } from './line-file.ts'
import type { WriteResult } from './sink.ts'

/** What a run writes down beside sending; each is left out when not given. */
export interface RunFileOptions {
  /** Acknowledged event ids go to `<folder>/<topic>/<writer>.ids`. */
  readonly ledger?: { readonly folder: string; readonly writer: string } | undefined
  /** NDJSON: one line per record that a fault was put on. */
  readonly manifestFile?: string | undefined
  /** NDJSON: one line per record that was refused, with its line in the recorded file where it comes from one. */
  readonly refusedFile?: string | undefined
  /** True goes on with the manifest and the refused file of an earlier run, false begins them anew. */
  readonly keep: boolean
}

export interface RunFiles {
  /** Writes down what is known about these records now; unanswered ones are in no file. */
  settle(records: readonly SimulatedRecord[], results: readonly WriteResult[]): Promise<void>
  close(): Promise<void>
}

/** @throws SimulationError `file_failed` from every call */
export async function openRunFiles(options: RunFileOptions): Promise<RunFiles> {
  const ledger: Ledger | null = options.ledger ? await openLedger(options.ledger.folder, options.ledger.writer) : null
  const open = async (path: string | undefined): Promise<LineFile | null> =>
    path === undefined ? null : openLineFile(path, { keep: options.keep })
  const manifest = await open(options.manifestFile)
  const refused = await open(options.refusedFile).catch(async error => {
    await manifest?.close()
    throw error
  })

  return {
    async settle(records, results) {
      const acknowledged = new Map<string, string[]>()
      let manifestLines = ''
      let refusedLines = ''
      records.forEach((record, index) => {
        const result = results[index]!
        if (result?.kind === 'unanswered') return
        if (record.fault) manifestLines += `${manifestLine(record)}\n`
        if (result) {
          const { code, message } = result
          const { eventId, topic } = record
          refusedLines += `${JSON.stringify({ eventId, topic, ...lineOf(record), code, message })}\n`
        } else if (ledger && record.fault?.kind !== 'malformed') {
          // A record that is not JSON has no event id that anybody could find again.
          const ids = acknowledged.get(record.topic)
          if (ids) ids.push(record.eventId)
          else acknowledged.set(record.topic, [record.eventId])
        }
      })
      for (const [topic, ids] of acknowledged) await ledger?.append(topic, ids)
      if (manifestLines !== '') await manifest?.append(manifestLines)
      if (refusedLines !== '') await refused?.append(refusedLines)
    },
    async close() {
      const results = await Promise.allSettled([ledger?.close(), manifest?.close(), refused?.close()])
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
  }
}

function manifestLine(record: SimulatedRecord): string {
  const { kind, ...details } = record.fault!
  return JSON.stringify({
    kind,
    eventId: record.eventId,
    topic: record.topic,
    key: record.key,
    sentAt: new Date(record.atMs).toISOString(),
    ...details,
  })
}
