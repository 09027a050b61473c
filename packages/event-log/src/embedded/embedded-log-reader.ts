import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '@millrace/runtime'
import { logError } from '../errors.ts'
import type { LogReader, LogRecord, TopicSpec } from '../event-log.ts'
import { findSegments } from './find-segments.ts'
import { readRecords } from './read-records.ts'
import type { Segment } from './segment.ts'

const READ_BYTES = 1 << 20
/** A look that meets the writer at a repair, or retention at work, is taken again; what stays is damage. */
const MOST_LOOKS = 5

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
const mayPass = (error: unknown): boolean =>
  isAbsent(error) || (error instanceof CodedError && error.code === 'corrupt_segment')

/**
 * Opens the log of a directory for reading only, while another process may write to it. It takes no lock and changes no file:
 * segments only grow by whole frames with checksums, and the bytes behind the last whole frame are not shown.
 * @throws (from its methods) unknown_topic, corrupt_segment where a file was damaged
 */
export function openEmbeddedLogReader({ directory }: { readonly directory: string }): LogReader {
  const folderOf = (topic: string): string => join(directory, 'topics', topic)

  async function specOf(topic: string): Promise<TopicSpec> {
    try {
      return JSON.parse(await readFile(join(folderOf(topic), 'topic.json'), 'utf8'))
    } catch (error) {
      throw isAbsent(error) ? logError('unknown_topic', { topic }, error) : error
    }
  }

  async function look(topic: string, partition: number): Promise<readonly Segment[]> {
    const folder = join(folderOf(topic), String(partition))
    for (let looks = 1; ; looks++)
      try {
        return (await findSegments(folder)).segments
      } catch (error) {
        if (mayPass(error) && looks < MOST_LOOKS) continue
        // The topic is being created: a partition without a folder holds nothing.
        if (isAbsent(error)) return []
        throw error
      }
  }

  return {
    async range(topic) {
      const { partitions } = await specOf(topic)
      const ranges = []
      for (let partition = 0; partition < partitions; partition++) {
        const segments = await look(topic, partition)
        const earliest = segments[0]?.firstOffset ?? 0
        ranges.push({ partition, earliest, end: segments.at(-1)?.nextOffset ?? 0 })
      }
      return ranges
    },
    async *read(topic, partition, from, to) {
      const { partitions } = await specOf(topic)
      if (!(partition < partitions)) throw logError('unknown_topic', { topic: `${topic}/${partition}` })
      let segments = await look(topic, partition)
      let looks = 1
      for (let next = from; next < to; ) {
        const end = segments.at(-1)?.nextOffset ?? 0
        if (next >= end) return
        let records: LogRecord[]
        try {
          const options = { topic, partition, from: next, to: Math.min(to, end), maxBytes: READ_BYTES }
          records = await readRecords(segments, options)
        } catch (error) {
          if (!mayPass(error) || looks++ === MOST_LOOKS) throw error
          segments = await look(topic, partition)
          continue
        }
        if (records.length === 0) return
        next = records.at(-1)!.offset + 1
        looks = 1
        yield records
      }
    },
    async close() {},
  }
}
