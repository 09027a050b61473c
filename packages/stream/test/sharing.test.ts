import { createHealth, createLogger, createServiceMetrics } from '@millrace/runtime'
import { type TopologyDriver, waitUntil } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createRunner, type Runner } from '../src/index.ts'
import { copying, driverOf, samples, texts } from './support.ts'

const KEYS = Array.from({ length: 20 }, (_, n) => `player-${n}`)

async function lag(driver: TopologyDriver): Promise<number> {
  const committed = await driver.committed('test.raw')
  const ranges = await driver.log.range('test.raw')
  return ranges.reduce((sum, { partition, end }) => sum + end - (committed.get(partition)?.offset ?? 0), 0)
}

describe('two runners of one topology', () => {
  it('share its partitions, and take over from each other without losing or disordering anything', async () => {
    const topology = copying()
    await using driver = await driverOf(topology)
    const secondMetrics = createServiceMetrics('second', { processMetrics: false })
    const second = (): Runner =>
      createRunner({
        topology,
        log: driver.log,
        clock: driver.clock,
        logger: createLogger('second', { level: 'silent' }),
        metrics: secondMetrics,
        health: createHealth(),
      })
    let n = 0
    const round = async (): Promise<void> => {
      n++
      for (const key of KEYS) await driver.pipeBytes('test.raw', key, `${key} ${n}`)
    }
    const caughtUp = () =>
      waitUntil(
        async () => {
          await driver.advance(250)
          return (await lag(driver)) === 0
        },
        { what: 'everything to be committed', deadlineMs: 60_000 },
      )

    await round()
    const other = second()
    await other.start()
    await round()
    await caughtUp()
    await round()
    await other.stop()
    await round()
    const third = second()
    await third.start()
    await round()
    await caughtUp()
    await third.stop()
    await driver.advance(1_000)

    const out = await texts(driver, 'test.curated')
    const firstSeen = [...new Set(out)]
    for (const key of KEYS)
      expect(firstSeen.filter(text => text.startsWith(`${key} `))).toEqual(
        [1, 2, 3, 4, 5].map(count => `${key} ${count}`),
      )
    const bySecond = (await samples(secondMetrics.recordsIn))['test.raw'] ?? 0
    const byFirst = (await samples(driver.metrics.recordsIn))['test.raw'] ?? 0
    expect(bySecond).toBeGreaterThan(0)
    expect(byFirst).toBeGreaterThan(0)
    // Only what was not committed when a partition moved was done twice.
    expect(bySecond + byFirst).toBe(out.length)
    expect(out.length).toBeLessThanOrEqual(5 * KEYS.length + 2 * KEYS.length)
  })
})
