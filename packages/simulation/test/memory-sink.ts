import type { EventSink, SimulatedRecord, WriteResult } from '../src/index.ts'

/** A sink that keeps what it gets and answers as `judge` says (everything acknowledged without it). */
export function createMemorySink(
  judge: (record: SimulatedRecord, number: number) => WriteResult | Promise<WriteResult> = () => null,
): EventSink & { readonly written: SimulatedRecord[]; closed: boolean } {
  const written: SimulatedRecord[] = []
  const sink = {
    name: 'memory',
    written,
    closed: false,
    async write(records: readonly SimulatedRecord[]): Promise<readonly WriteResult[]> {
      if (sink.closed) throw new Error('written to after close')
      const first = written.push(...records) - records.length
      return Promise.all(records.map((record, index) => judge(record, first + index)))
    },
    async close() {
      sink.closed = true
    },
  }
  return sink
}
