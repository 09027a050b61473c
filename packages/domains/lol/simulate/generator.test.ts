import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, createServiceMetrics, ManualClock, systemClock } from '@millrace/runtime'
import { createGenerator, type EventSink, openSink, type SimulatedRecord } from '@millrace/simulation'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { simulation } from '../simulate.ts'
import { simulate } from './population.ts'

const logger = createLogger('test', { level: 'silent' })
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-lol-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function keepAll(): EventSink & { readonly written: SimulatedRecord[] } {
  const written: SimulatedRecord[] = []
  return {
    name: 'memory',
    written,
    async write(records) {
      written.push(...records)
      return records.map(() => null)
    },
    async close() {},
  }
}
const values = (records: readonly SimulatedRecord[]): string[] => records.map(record => record.value)

describe('the generator', () => {
  it('sends what the options describe and sums it up', async () => {
    const sink = keepAll()
    const options = simulation.parse({ duration: '30m', faults: 'dup=0.02', ledger: join(folder, 'ledger') })
    const metrics = createServiceMetrics('lol-generator', { processMetrics: false })
    const generator = createGenerator({ simulation, options, sink, clock: systemClock, logger, metrics })
    await generator.start()
    const summary = await generator.finished
    const expected = simulate({ duration: '30m', faults: 'dup=0.02' })
    expect(values(sink.written)).toEqual(values(expected))
    const truth = expected.filter(record => record.topic === 'lol.truth').length
    expect(summary).toMatchObject({
      emitted: expected.length,
      acknowledged: expected.length,
      byTopic: { 'lol.raw': { acknowledged: expected.length - truth }, 'lol.truth': { acknowledged: truth } },
      faults: { dup: expected.filter(record => record.fault).length },
      complete: true,
    })
    const ids = (await readFile(join(folder, 'ledger', 'lol.raw', 'lol-generator.ids'), 'utf8')).trim().split('\n')
    expect(ids).toEqual(expected.filter(record => record.topic === 'lol.raw').map(record => record.eventId))
  })

  it('goes on where a stopped one ended, in files as if it had never stopped', async () => {
    const out = join(folder, 'lol.ndjson')
    const base = { duration: '30m', sink: 'file', out, batch: '200' }
    const first = simulation.parse(base)
    const context = { clock: systemClock, logger, openLog: (): never => expect.unreachable('a file needs no log') }
    const generator = createGenerator({
      simulation,
      options: first,
      sink: await openSink(simulation, first, context),
      clock: systemClock,
      logger,
      onProgress: () => void generator.stop(),
    })
    await generator.start()
    const { position, complete } = await generator.finished
    expect(complete).toBe(false)
    expect(position).toBeGreaterThan(0)
    const second = simulation.parse({ ...base, skip: String(position) })
    const resumed = createGenerator({
      simulation,
      options: second,
      sink: await openSink(simulation, second, context),
      clock: systemClock,
      logger,
    })
    await resumed.start()
    expect((await resumed.finished).complete).toBe(true)
    const whole = simulate({ duration: '30m' })
    const text = (topic: string): string =>
      whole.flatMap(record => (record.topic === topic ? [`${record.value}\n`] : [])).join('')
    expect(await readFile(out, 'utf8')).toBe(text('lol.raw'))
    expect(await readFile(join(folder, 'lol.truth.ndjson'), 'utf8')).toBe(text('lol.truth'))
  })

  it('gives each shard its own ledger file', async () => {
    for (const shard of ['1/2', '2/2']) {
      const options = simulation.parse({ duration: '5m', shard, ledger: folder })
      const generator = createGenerator({ simulation, options, sink: keepAll(), clock: systemClock, logger })
      await generator.start()
      await generator.finished
    }
    const read = (name: string): Promise<string> => readFile(join(folder, 'lol.raw', name), 'utf8')
    const ids = [await read('lol-generator-1of2.ids'), await read('lol-generator-2of2.ids')].join('').trim().split('\n')
    const whole = simulate({ duration: '5m' }).filter(record => record.topic === 'lol.raw')
    expect(ids.sort()).toEqual(whole.map(record => record.eventId).sort())
  })

  it('in real time from now on sends a record when its moment comes, and measures how fresh it is', async () => {
    const clock = new ManualClock(Date.UTC(2025, 5, 1))
    const sink = keepAll()
    const metrics = createServiceMetrics('lol-generator', { processMetrics: false })
    const generator = createGenerator({
      simulation,
      options: simulation.parse({ start: 'now', speed: '1', duration: 'forever' }),
      sink,
      clock,
      logger,
      metrics,
    })
    await generator.start()
    for (let step = 0; step < 300; step++) {
      for (let turns = 0; turns < 4; turns++) await new Promise(resolve => setImmediate(resolve))
      await clock.advance(100)
    }
    await generator.stop()
    const sent = sink.written.map(record => record.atMs)
    expect(sent.length).toBeGreaterThan(50)
    expect(Math.min(...sent)).toBeGreaterThanOrEqual(Date.UTC(2025, 5, 1))
    expect(Math.max(...sent)).toBeLessThanOrEqual(clock.now())
    expect(Math.max(...sent)).toBeGreaterThan(clock.now() - 5000)
    const freshness = await metrics.freshness.get()
    const sum = freshness.values.find(value => value.metricName?.endsWith('_sum'))!.value
    const count = freshness.values.find(value => value.metricName?.endsWith('_count'))!.value
    expect(count).toBeGreaterThan(30)
    expect(sum / count).toBeLessThan(0.2)
  })
})
