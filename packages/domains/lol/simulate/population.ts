import type { SimulatedRecord } from '@millrace/simulation'
import type { LolRaw, LolTruth } from '../contract.ts'
import { simulation } from '../simulate.ts'

/** Every record that the options describe. */
export function simulate(values: Readonly<Record<string, string>> = {}, nowMs = 0): SimulatedRecord[] {
  const { stream } = simulation.simulate(simulation.parse(values), nowMs)
  const records: SimulatedRecord[] = []
  while (stream.nextMs !== Number.POSITIVE_INFINITY) records.push(stream.next())
  return records
}

export const eventsOf = (
  records: readonly SimulatedRecord[],
): (LolRaw & { roomID: string; createRoomDate: string })[] =>
  records.filter(record => record.topic === 'lol.raw').map(record => JSON.parse(record.value))

export const truthOf = (records: readonly SimulatedRecord[]): LolTruth[] =>
  records.filter(record => record.topic === 'lol.truth').map(record => JSON.parse(record.value))
