import { CodedError } from '@millrace/runtime'
import type { SimulatedRecord } from '../actor.ts'
import { simulationError } from '../errors.ts'
import { type LineFile, openLineFile } from '../line-file.ts'
import type { EventSink, WriteResult } from '../sink.ts'

/**
 * A sink that writes NDJSON, a file per topic.
 * @param pathFor where a topic goes; other topics are not accepted
 * @param keep true goes on after what an earlier run wrote; false begins anew
 * @throws SimulationError `file_failed` when a file cannot be opened
 */
export async function createFileSink(options: {
  readonly pathFor: Readonly<Record<string, string>>
  readonly keep: boolean
}): Promise<EventSink> {
  const files = new Map<string, LineFile>()
  const closeAll = async (): Promise<void> => {
    for (const file of files.values()) await file.close()
  }
  for (const [topic, path] of Object.entries(options.pathFor))
    try {
      files.set(topic, await openLineFile(path, { keep: options.keep }))
    } catch (error) {
      await closeAll()
      throw error
    }
  let broken: CodedError | null = null
  let tail: Promise<unknown> = Promise.resolve()

  async function writeNow(records: readonly SimulatedRecord[]): Promise<readonly WriteResult[]> {
    try {
      if (broken) throw broken
      for (const [topic, file] of files) {
        let lines = ''
        for (const record of records) if (record.topic === topic) lines += `${record.value}\n`
        if (lines !== '') await file.append(lines)
      }
      return records.map(() => null)
    } catch (error) {
      broken =
        error instanceof CodedError ? error : simulationError('file_failed', { path: '', reason: String(error) }, error)
      const unanswered = { kind: 'unanswered', error: broken } as const
      return records.map(() => unanswered)
    }
  }

  return {
    name: 'file',
    accepts: topic => files.has(topic),
    write(records) {
      const result = tail.then(() => writeNow(records))
      tail = result
      return result
    },
    close: closeAll,
  }
}
