import { defineCurve } from '../curve.ts'
import { costOfEvents, openSums } from '../inputs/windowed-sums.ts'

/** In a tick every event changes another window and group, so that each event is published: the most expensive case. */
const WARM_UP = 100_000
const EVENTS = 200_000

export const curve = defineCurve({
  title: 'Windowed counts in two stages, by windows that are open',
  of: 'open windows',
  points: [1, 10, 100, 1_000],
  unit: 'µs per event',
  needs: [],
  async open({ setting: windows }) {
    const sums = await openSums({ groups: 1_000 / windows, windows, partitions: 1 })
    await costOfEvents(sums, 1, WARM_UP)
    return { round: () => costOfEvents(sums, 1, EVENTS) }
  },
})
