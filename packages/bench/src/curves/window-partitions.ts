import { defineCurve } from '../curve.ts'
import { costOfEvents, openSums } from '../inputs/windowed-sums.ts'

/** In a tick every event changes another window and group, so that each event is published: the most expensive case. */
const WARM_UP = 100_000
const EVENTS = 200_000

export const curve = defineCurve({
  title: 'Windowed counts in two stages, by partitions of the source',
  of: 'partitions of the source',
  points: [1, 4, 16, 64],
  unit: 'µs per event',
  needs: [],
  async open({ setting: partitions }) {
    const sums = await openSums({ groups: 1_000, windows: 1, partitions })
    await costOfEvents(sums, partitions, WARM_UP)
    return { round: () => costOfEvents(sums, partitions, EVENTS) }
  },
})
