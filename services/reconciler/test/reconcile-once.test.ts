import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { logError } from '@millrace/event-log'
import { waitUntil } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { reconcileOnce, reportLines } from '../src/index.ts'
import { openTrafficWorld, type TrafficWorld, uuid } from './traffic-world.ts'

function start(world: TrafficWorld, deadlineMs = 86_400_000) {
  const ledger = path.join(world.directory, 'ledger')
  mkdirSync(path.join(ledger, 'shop.raw'), { recursive: true })
  const said: string[] = []
  const { catalog, log, lake, mart, clock, workDirectory } = world
  let isDone = false
  const once = () => {
    const report = reconcileOnce({
      ...{ catalog, log, lake, mart, clock, ledger, workDirectory, deadlineMs },
      onWait: reason => said.push(reason),
    }).finally(() => {
      isDone = true
    })
    report.catch(() => {})
    return report
  }
  const acknowledge = (text: string): void => appendFileSync(path.join(ledger, 'shop.raw', 'writer.ids'), text)
  /** Lets the clock turn until the comparison is over. */
  async function finish<T>(report: Promise<T>): Promise<T> {
    while (!isDone) await clock.advance(1_000)
    return report
  }
  return { once, acknowledge, said, finish }
}

describe('comparing once', () => {
  it('waits for the sinks, and leaves out what comes meanwhile', async () => {
    await using world = await openTrafficWorld()
    const { once, acknowledge, said, finish } = start(world)
    const ids = await world.send(5, 1)
    acknowledge(ids.map(id => `${id}\n`).join(''))
    const report = once()
    const hasSaid = async () => {
      await world.clock.advance(1_000)
      return said.length > 0
    }
    await waitUntil(hasSaid, { what: 'the comparison to say what it waits for', deadlineMs: 60_000 })
    expect(said).toEqual([
      ['lake-archiver.shop', 'curator.shop', 'adviser.shop', 'aggregator.shop.totals']
        .map(group => `${group} is 5 records behind on shop.raw`)
        .join('; '),
    ])
    await world.settle()
    await world.commitAs('adviser', 'shop.raw')
    // These are not in the mart, not in the lake, and half of them not in the ledger.
    acknowledge(
      (await world.send(4, 1))
        .slice(2)
        .map(id => `${id}\n`)
        .join(''),
    )
    await world.send(2, 1)
    const { topics, ok, examples } = await finish(report)
    expect({ ok, examples }).toEqual({ ok: true, examples: [] })
    expect(topics['shop.raw']).toMatchObject({ accepted: 5, log: 5, lake: 5, derived: 5, mart: 5, missing: 0 })
    expect(await readdir(world.workDirectory)).toEqual([])
  })

  it('says what is missing, also of a lake without one of its files', async () => {
    await using world = await openTrafficWorld()
    const { once, acknowledge, finish } = start(world)
    await world.send(3, 1)
    acknowledge(`${uuid(1)}\n${uuid(77)}\n${uuid(2).slice(0, 9)}`)
    await world.settle()
    await world.commitAs('adviser', 'shop.raw')
    world.sql('DELETE FROM _shop_copies WHERE event_id = ?', uuid(2))
    rmSync(path.join(world.directory, 'lake', 'shop.raw'), { recursive: true })
    const report = await finish(once())
    expect(report.ok).toBe(false)
    expect(report.topics['shop.raw']).toMatchObject({ accepted: 2, log: 3, lake: 0, derived: 3, mart: 2, missing: 4 })
    expect(report.topics['shop.curated']).toMatchObject({ mart: 2, missing: 1 })
    const lines = reportLines(report).join('\n')
    expect(lines).toContain(`! shop.raw: ${uuid(77)} was acknowledged and is not in the log`)
    expect(lines).toContain(
      '  shop.raw             2    3     0        3     2       0            0        4          0',
    )
    expect(lines).toContain('THE STORES DIFFER')
  })

  it('gives up at the deadline and says who is behind, also when the log is away', async () => {
    await using world = await openTrafficWorld()
    await world.send(3, 1)
    const late = start(world, 5_000)
    await expect(late.finish(late.once())).rejects.toThrow(
      /^Gave up after 5 s: .*lake-archiver.shop is 3 records behind on shop.raw/,
    )
    world.log.range = () => Promise.reject(logError('log_unavailable', { where: 'there', reason: 'refused' }))
    const away = start(world, 5_000)
    await expect(away.finish(away.once())).rejects.toThrow(
      'Gave up after 5 s: The event log at there cannot be reached',
    )
    expect(away.said).toHaveLength(1)
  })
})
