import { isPublishedOnce } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { createLogger, systemClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isGoldenRight } from '../src/golden-check.ts'
import { openEmbeddedPlatform } from '../src/platform.ts'
import { createEndToEnd } from './end-to-end.ts'

const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }) }
let world: Awaited<ReturnType<typeof createEndToEnd>>
beforeEach(async () => {
  world = await createEndToEnd([])
})
afterEach(() => world.remove())

describe('the platform, killed with -9 under load', () => {
  it('loses nothing that was acknowledged, stores nothing twice and has the tables of an undisturbed run', {
    timeout: 300_000,
  }, async () => {
    await world.startProcess()
    const killAndRestart = async (): Promise<void> => {
      await world.endProcess('SIGKILL')
      await world.startProcess()
    }
    const { summaries, golden, notDisturbed } = await world.generate({ seed: '11', duration: '20m' }, [
      { afterRecords: 4_000, disturb: killAndRestart },
      { afterRecords: 15_000, disturb: killAndRestart },
      { afterRecords: 25_000, disturb: killAndRestart },
    ])
    expect(notDisturbed).toBe(0)
    for (const summary of summaries) expect(summary).toMatchObject({ complete: true, refused: 0, unanswered: 0 })
    expect(await world.endProcess('SIGTERM')).toBe(0)
    const platform = await openEmbeddedPlatform(world.directory, parts)
    try {
      const { report, compared } = await world.settle(platform, golden)
      expect([...report.examples, ...compared.examples]).toEqual([])
      for (const [topic, { acknowledged }] of summaries.flatMap(({ byTopic }) => Object.entries(byTopic)))
        expect(report.topics[topic], topic).toMatchObject({ accepted: acknowledged, missing: 0, duplicate: 0 })
      expect(isGoldenRight(compared.tables)).toBe(true)
      for (const { name } of catalog.topics.filter(isPublishedOnce)) expect(report.topics[name]?.repeats, name).toBe(0)
      expect(report.ok).toBe(true)
    } finally {
      await platform.close()
    }
  })
})
