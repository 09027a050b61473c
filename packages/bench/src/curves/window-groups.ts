import { defineCurve } from '../curve.ts'
import { costOfEvents, openSums } from '../inputs/windowed-sums.ts'

/** In a tick every event changes another window and group, so that each event is published: the most expensive case. */
const WARM_UP = 100_000
const EVENTS = 200_000

export const curve = defineCurve({
  title: 'Windowed counts in two stages, by groups of a window',
  of: 'groups of a window',
  points: [1_000, 10_000, 100_000],
  unit: 'µs per event',
  needs: [],
  async open({ setting: groups }) {
    const sums = await openSums({ groups, windows: 1, partitions: 1 })
    await costOfEvents(sums, 1, WARM_UP)
    return { round: () => costOfEvents(sums, 1, EVENTS) }
  },
})
