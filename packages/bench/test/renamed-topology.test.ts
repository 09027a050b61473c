import { antenna } from '@millrace/domains/antenna/contract'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { expect, it } from 'vitest'
import { renamedTopology } from '../src/inputs/renamed-topology.ts'
import { services } from '../src/inputs/services.ts'
import { WorkDone } from '../src/inputs/work-done.ts'

const { raw, bytes, bytesPartials } = antenna.topics
const names = { [raw.name]: 'in', [bytesPartials.name]: 'between', [bytes.name]: 'out' }
const assignment: Assignment = { topic: 'in', partition: 0, epoch: 1, committed: null, earliest: 0, end: 0 }
const sentMs = Date.UTC(2024, 2, 24, 11)

const record: LogRecord = {
  ...{ topic: 'in', partition: 0, offset: 0, timestampMs: sentMs, key: Buffer.from('d') },
  value: Buffer.from(
    JSON.stringify({
      ...{ eventId: '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11', bytes: 5, timestamp: sentMs / 1000 },
      ...{ app: 'skype', id: 'd', antenna_id: 'a' },
    }),
  ),
}

it('reads and writes topics of other names, and counts by the names of the contracts what it does', async () => {
  const work = new WorkDone()
  const topology = renamedTopology(work.watch(services.sums.createTopology(undefined as never)), 'group', names)
  expect(topology.name).toBe('group')
  expect(topology.topics.map(({ name }) => name)).toEqual(['in', 'between'])
  expect(topology.outputs.map(({ name, derivedFrom }) => [name, derivedFrom?.topic.name])).toEqual([
    ['between', 'in'],
    ['out', 'between'],
    ['antenna.bytes-late', 'in'],
  ])

  const [source, partials] = topology.topics
  const one = topology.createProcessor(source!, 0)
  await one.open(assignment)
  await one.process([record])
  expect(work).toMatchObject({ seen: { 'antenna.raw': 1 }, emitted: {}, isSettled: false })
  const { emits } = (await one.tick!(sentMs))!
  expect(emits.map(({ topic }) => topic)).toEqual(['between', 'between', 'between'])
  expect(work).toMatchObject({ emitted: { 'antenna.bytes-partials': 3 }, isSettled: true })

  const two = topology.createProcessor(partials!, 0)
  await two.open({ ...assignment, topic: 'between' })
  await two.process(emits.map((emit, offset) => ({ ...record, ...emit, offset })))
  expect(work.isSettled).toBe(false)
  const results = (await two.tick!(sentMs))!.emits
  expect(results.map(({ topic }) => topic)).toEqual(['out', 'out', 'out'])
  expect(JSON.parse(results[0]!.value.toString())).toMatchObject({ type: 'app_total_bytes', id: 'SKYPE', value: 5 })
  expect(work).toMatchObject({ seen: { 'antenna.raw': 1, 'antenna.bytes-partials': 3 }, isSettled: true })
})
