import { expect, it } from 'vitest'
import type { LolRaw } from '../../contract.ts'
import { activityStatistics } from '../../fit/activity-statistics.ts'
import { countEvents } from '../../fit/count-events.ts'
import { eventsOf, simulate } from '../population.ts'

/*
 * Published activity of League of Legends players (Smerdov et al., 2020): 1.60 clicks and 0.43 keys per second, 29 % of the
 * seconds without a click, variance ÷ mean 1.32, autocorrelation .40 .33 .28 .20 .14 .07 .04 at 1, 2, 3, 5, 10, 20 and 30 s. The
 * bounds leave room for a sample of 68 players; over 200 the means are within 10 % and the autocorrelations within .05.
 */
it('players act as often and as unevenly as those of League of Legends', () => {
  const matches = ['a', 'b'].flatMap(seed => {
    const events = eventsOf(
      simulate({ profile: 'realistic', players: '34', rooms: '2', duration: '7m', cheats: 'none', seed }),
    )
    return countEvents(events as unknown as LolRaw[])
  })
  const { clicks, keys, silent, dispersion, autocorrelation, slow, fast } = activityStatistics(matches)
  const expectNear = (value: number, wanted: number, share: number) => {
    expect(value).toBeGreaterThan(wanted * (1 - share))
    expect(value).toBeLessThan(wanted * (1 + share))
  }
  expectNear(clicks, 1.6, 0.12)
  expectNear(keys, 0.43, 0.2)
  expectNear(silent, 0.29, 0.15)
  expectNear(dispersion, 1.32, 0.1)
  expectNear(slow, 1.02, 0.25)
  expectNear(fast, 2.14, 0.15)
  for (const [index, wanted] of [0.4, 0.33, 0.28, 0.2, 0.14, 0.07, 0.04].entries())
    expect(Math.abs(autocorrelation[index]! - wanted)).toBeLessThan(0.1)
})
