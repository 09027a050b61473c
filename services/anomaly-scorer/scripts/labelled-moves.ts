import { readFileSync } from 'node:fs'
import { lolTruth } from '@millrace/domains/lol/contract'
import type { LogRecord } from '@millrace/event-log'

/** Records of one run of a generator, and who cheats in it. */
export interface LabelledRun {
  /** Records of lol.raw in the order in which they were sent. */
  readonly records: readonly LogRecord[]
  readonly isCheater: (account: string, roomID: string | undefined) => boolean
}

const SENT_AFTER_MS = 100

/** A record as it would stand in partition 0 of lol.raw, sent a moment after its event time. */
export function recordOf(json: string, offset: number): LogRecord {
  const { account, datetime } = JSON.parse(json) as { account: string; datetime: string }
  return {
    topic: 'lol.raw',
    partition: 0,
    offset,
    key: Buffer.from(account),
    value: Buffer.from(json),
    timestampMs: Date.parse(datetime) + SENT_AFTER_MS,
  }
}

const linesOf = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')

/**
 * A run as a generator wrote it.
 * @param rawFile NDJSON of lol.raw
 * @param truthFile NDJSON of lol.truth
 * @throws when a player of a match has no label
 */
export function readRun(rawFile: string, truthFile: string): LabelledRun {
  const labels = new Map<string, boolean>()
  for (const line of linesOf(truthFile)) {
    const { kind, account, roomID, cheater } = lolTruth.parse(JSON.parse(line))
    if (kind === 'player-match') labels.set(`${account} ${roomID}`, cheater)
  }
  return {
    records: linesOf(rawFile).map(recordOf),
    isCheater(account, roomID) {
      const label = labels.get(`${account} ${roomID}`)
      if (label === undefined) throw new Error(`${truthFile} has no label for ${account} in room ${roomID}.`)
      return label
    },
  }
}

/** Pairs of files as given on a command line: raw, truth, raw, truth… */
export function readRuns(files: readonly string[]): LabelledRun[] {
  if (files.length === 0 || files.length % 2 !== 0)
    throw new Error(
      `Expected pairs of files, <lol.raw NDJSON> <lol.truth NDJSON> …, got ${files.length} file${files.length === 1 ? '' : 's'}.`,
    )
  return Array.from({ length: files.length / 2 }, (_, run) => readRun(files[2 * run]!, files[2 * run + 1]!))
}
