import { defineCurve } from '../curve.ts'
import { memoryAfterMinutes } from '../inputs/platform-process.ts'

export const curve = defineCurve({
  title:
    'Memory of the whole platform in one process, by minutes of events of 1,000 players, carried through as fast as it goes',
  of: 'minutes of events',
  points: [5, 15, 60],
  unit: 'MiB',
  needs: [],
  open: async ({ directory, setting: minutes }) => ({ round: () => memoryAfterMinutes(directory, minutes) }),
})
