import { isPublishedOnce } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { createLogger, systemClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEmbeddedPlatform } from '../src/platform.ts'
import { createEndToEnd } from './end-to-end.ts'

const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }) }
let world: Awaited<ReturnType<typeof createEndToEnd>>
beforeEach(async () => {
  world = await createEndToEnd([])
})
afterEach(() => world.remove())

describe('the platform, killed with -9 under load', () => {
  it('loses nothing that was acknowledged and stores nothing twice', { timeout: 300_000 }, async () => {
    await world.startProcess()
    const killAndRestart = async (): Promise<void> => {
      await world.endProcess('SIGKILL')
      await world.startProcess()
    }
    const { summary, notDisturbed } = await world.generate({ seed: '11', players: '40', duration: '30m', rooms: '4' }, [
      { afterRecords: 500, disturb: killAndRestart },
      { afterRecords: 1500, disturb: killAndRestart },
      { afterRecords: 3000, disturb: killAndRestart },
    ])
    expect(notDisturbed).toBe(0)
    expect(summary).toMatchObject({ complete: true, refused: 0, unanswered: 0 })
    expect(await world.endProcess('SIGTERM')).toBe(0)
    const platform = await openEmbeddedPlatform(world.directory, parts)
    try {
      const report = await world.settle(platform)
      expect(report.examples).toEqual([])
      expect(report.topics['lol.raw']).toMatchObject({
        accepted: summary.byTopic['lol.raw']!.acknowledged,
        missing: 0,
        duplicate: 0,
      })
      for (const { name } of catalog.topics.filter(isPublishedOnce)) expect(report.topics[name]?.repeats, name).toBe(0)
      expect(report.ok).toBe(true)
    } finally {
      await platform.close()
    }
  })
})
