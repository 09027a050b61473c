import type { Writable } from 'node:stream'
import type { CodedError } from '@millrace/runtime'
import { simulationError } from '../errors.ts'
import type { EventSink, WriteResult } from '../sink.ts'

/**
 * A sink that writes NDJSON to a stream such as standard output and lets its reader set the pace. When the reader goes away
 * (EPIPE), records are answered `unanswered` with `reader_gone`, which ends a run quietly. It never closes the stream.
 * @param topics the topics that are written; one stream cannot tell them apart
 */
export function createStreamSink(stream: Writable, { topics }: { readonly topics: readonly string[] }): EventSink {
  let broken: CodedError | null = null
  const onError = (error: NodeJS.ErrnoException): void => {
    broken ??=
      error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
        ? simulationError('reader_gone', {}, error)
        : simulationError('file_failed', { path: 'standard output', reason: error.message }, error)
  }
  stream.on('error', onError)
  return {
    name: 'stdout',
    accepts: topic => topics.includes(topic),
    async write(records): Promise<readonly WriteResult[]> {
      if (stream.destroyed) broken ??= simulationError('reader_gone')
      if (!broken) {
        let lines = ''
        for (const record of records) lines += `${record.value}\n`
        await new Promise<void>(resolve => {
          stream.write(lines, error => {
            if (error) onError(error)
            resolve()
          })
        })
      }
      if (!broken) return records.map(() => null)
      const unanswered = { kind: 'unanswered', error: broken } as const
      return records.map(() => unanswered)
    },
    async close() {
      // The listener stays: a late EPIPE without one would end the process.
    },
  }
}
