import type { OutgoingRecord } from '@millrace/event-log'
import { systemClock } from '@millrace/runtime'
import type { CommonOptions, DomainSimulation, SimulatedRecord } from '@millrace/simulation'

/** Records for the log, sent now: a log removes what was sent long ago. */
export const sentNow = (records: readonly SimulatedRecord[]): readonly OutgoingRecord[] =>
  records.map(({ key, value }) => ({
    key: Buffer.from(key),
    value: Buffer.from(value),
    timestampMs: systemClock.now(),
  }))

/** The first `count` records of a topic that a simulation makes. @param nowMs where its options say `now` */
export function firstRecords<Options extends CommonOptions>(
  simulation: DomainSimulation<Options>,
  topic: string,
  {
    options,
    count,
    nowMs = 0,
  }: { readonly options: Readonly<Record<string, string>>; readonly count: number; readonly nowMs?: number },
): readonly OutgoingRecord[] {
  const { stream } = simulation.simulate(simulation.parse({ duration: 'forever', seed: 'bench', ...options }), nowMs)
  const records: SimulatedRecord[] = []
  while (records.length < count) {
    const record = stream.next()
    if (record.topic === topic) records.push(record)
  }
  return sentNow(records)
}
