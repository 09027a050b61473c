import type { LolRaw, LolTruth } from '@millrace/contracts'
import type { SimulatedRecord } from '@millrace/simulation'
import { createLolSimulation, type GeneratorOptions, parseGeneratorOptions } from '../src/index.ts'

/** Parsed options; throws what is wrong. */
export function optionsOf(values: Readonly<Record<string, string>> = {}): GeneratorOptions {
  const parsed = parseGeneratorOptions(values)
  if (parsed.ok) return parsed.options
  throw new Error(parsed.problems.map(({ option, message }) => `${option} ${message}`).join('\n'))
}

/** Every record that the options describe. */
export function simulate(values: Readonly<Record<string, string>> = {}, nowMs = 0): SimulatedRecord[] {
  const { stream } = createLolSimulation(optionsOf(values), nowMs)
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
