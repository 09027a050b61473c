import * as Plot from '@observablehq/plot'
import type { TrackChart } from '../figure.ts'
import { plotSvg } from './svg.ts'

const SIZE = 282

/** A way through a plane: a line, with a cross at each point that is flagged, and its start and end. */
export function drawTrack(chart: TrackChart, width: number, id: string): string {
  const { points, reach } = chart
  const size = Math.min(width, SIZE)
  const ends = [points[0]!, points.at(-1)!]
  const at = { x: 'x', y: 'y' } as const
  return plotSvg(chart, id, {
    width: size,
    height: size,
    margin: 12,
    marginLeft: 52,
    marginBottom: 26,
    inset: 4,
    x: { domain: [-reach, reach] },
    y: { domain: [-reach, reach] },
    marks: [
      Plot.gridX({ ticks: 5 }),
      Plot.gridY({ ticks: 5 }),
      Plot.axisX({ ticks: 3, tickSize: 0, label: null }),
      Plot.axisY({ ticks: 5, tickSize: 0, label: null }),
      Plot.line(points, { ...at, stroke: 'var(--series-0)', strokeWidth: 0.7, strokeOpacity: 0.55 }),
      Plot.dot(
        points.filter(({ isFlagged }) => !isFlagged),
        { ...at, fill: 'var(--series-0)', r: 2 },
      ),
      Plot.dot(
        points.filter(({ isFlagged }) => isFlagged),
        { ...at, stroke: 'var(--bad)', symbol: 'times', r: 3, strokeWidth: 1.4 },
      ),
      Plot.dot(ends, { ...at, stroke: 'var(--text)', fill: 'var(--card)', r: 5 }),
      ...['start', 'end'].map((text, index) =>
        Plot.text([ends[index]!], {
          ...at,
          text: () => text,
          // One above and one below, so that they can be read where the way ends near its start.
          dy: index === 0 ? -13 : 13,
          fill: 'var(--text)',
          stroke: 'var(--card)',
          strokeWidth: 3,
          fontWeight: 'bold',
        }),
      ),
    ],
  })
}
