import { EventTimeWindow } from '@millrace/stream'
import { defineCurve } from '../curve.ts'

const EVENTS = 1_000_000
const STEP_MS = 10

export const curve = defineCurve({
  title: 'Window by event time, by entries that it holds',
  of: 'entries in the window',
  points: [10, 100, 1_000, 10_000, 100_000],
  unit: 'µs per event',
  needs: [],
  async open({ setting: entries }) {
    const window = new EventTimeWindow<{ readonly timeMs: number }>({ keepMs: (entries - 1) * STEP_MS })
    let offset = 0
    const add = (): void => void window.insert({ timeMs: offset * STEP_MS }, offset++)
    for (let i = 0; i < entries * 2 + EVENTS; i++) add()
    return {
      async round() {
        const startMs = performance.now()
        for (let i = 0; i < EVENTS; i++) add()
        if (window.length !== entries) throw new Error(`The window holds ${window.length} entries.`)
        return ((performance.now() - startMs) * 1_000) / EVENTS
      },
    }
  },
})
