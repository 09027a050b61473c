import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineTopic, epochSecondsField, eventId, keyField, wireEventId, wireNumber } from '@millrace/contracts'
import { createLogger, ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createGenerator, type DomainSimulation, defineOptions, type SimulatedRecord } from '../src/index.ts'
import { createMemorySink } from './memory-sink.ts'

const UUID_8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
/** Event time of the first line, seconds. */
const AT = 1_600_000_000

const trips = defineTopic({
  name: 'cars.raw',
  schema: z.looseObject({ eventId, at: z.int(), car: z.string(), text: z.string() }),
  wire: { eventId: wireEventId, at: wireNumber },
  keyOf: keyField('car'),
  eventTimeMs: epochSecondsField('at'),
  samples: [{ at: 1, car: 'a', text: '' }],
  why: 'Trips of cars.',
})
const owner: SimulatedRecord = {
  ...{ topic: 'cars.owners', key: 'a', eventId: 'owner of a', value: '{"car":"a","owner":"ann"}' },
  ...{ atMs: 0, actor: 0, sequence: 0, fault: null },
}
const simulation: DomainSimulation = {
  domain: 'cars',
  topics: [trips],
  ...defineOptions({}, () => {}),
  reference: () => [owner],
  simulate: () => expect.unreachable('a recorded file is sent'),
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** What a generator sends of a recorded file. */
async function replay(text: string, options: Readonly<Record<string, string>> = { reference: 'none' }) {
  const file = join(folder, 'recorded.ndjson')
  await writeFile(file, text)
  const sink = createMemorySink()
  const generator = createGenerator({
    simulation,
    options: simulation.parse({ replay: file, ...options }),
    sink,
    clock: new ManualClock(AT * 1000),
    logger: createLogger('test', { level: 'silent' }),
  })
  await generator.start()
  await generator.finished
  return sink.written
}

const line = (fields: object): string => JSON.stringify({ at: AT, car: 'a', text: '', ...fields })

describe('a recorded file', () => {
  it('is sent in the order of its lines, each at its event time or with the line before it', async () => {
    const times = [AT, AT + 5, `${AT + 3}`, AT + 10]
    const sent = await replay(times.map(at => line({ at })).join('\n'))
    expect(sent.map(({ value }) => JSON.parse(value).at)).toEqual(times)
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 5, 5, 10].map(after => (AT + after) * 1000))
    expect(sent.map(({ topic, key }) => [topic, key])).toEqual(times.map(() => ['cars.raw', 'a']))
  })

  it('has an event id for each line without one, equal lines included, and the same ones each time', async () => {
    const own = 'B405FD3C-785B-4E42-A825-52A75F3D82A4'
    const text = [line({}), line({}), line({ eventId: own }), ''].join('\n')
    const sent = await replay(text)
    const [first, second, third] = sent.map(({ eventId: id }) => id)
    expect(first).toMatch(UUID_8)
    expect(second).toMatch(UUID_8)
    expect(second).not.toBe(first)
    expect(third).toBe(own.toLowerCase())
    expect(sent.map(({ value }) => JSON.parse(value).eventId)).toEqual([first, second, own])
    expect(await replay(text)).toEqual(sent)
  })

  it('is sent whole, however long it and its lines are, and what is no event as it is', async () => {
    const lines = Array.from({ length: 5 }, (_, index) => line({ text: '광고'.repeat(100_000 + index) }))
    const sent = await replay(['', ...lines, '  ', '{"half', '[1]', '{}'].join('\r\n'))
    expect(sent.slice(0, 5).map(({ value }) => JSON.parse(value).text)).toEqual(
      lines.map(text => JSON.parse(text).text),
    )
    expect(sent.slice(5).map(({ value }) => value)).toEqual(['{"half', '[1]', `{"eventId":"${sent[7]?.eventId}"}`])
  })

  it('comes after the reference data of the scenario, unless none is wanted', async () => {
    const [reference, ...rest] = await replay(line({}), {})
    expect(reference).toEqual({ ...owner, atMs: AT * 1000 })
    expect(rest).toHaveLength(1)
    expect(await replay(line({}))).toHaveLength(1)
  })

  it('goes nowhere without the validation of the gateway but into files', () => {
    expect(() => simulation.parse({ replay: 'x.ndjson', sink: 'kafka' })).toThrow(/replay needs the sink gateway, file/)
  })
})
