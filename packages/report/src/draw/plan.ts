import * as Plot from '@observablehq/plot'
import { type PlanChart, shorten } from '../figure.ts'
import { plotSvg } from './svg.ts'

const MOST_HEIGHT = 560
/** Cells that are drawn: more would neither be seen nor keep a page small. */
const MOST_CELLS = 4000

/** Size of the drawing of a document, px. */
function sizeOf({ width, height }: PlanChart, most: number) {
  const scale = Math.min(most / width, MOST_HEIGHT / height)
  return { scale, width: Math.max(60, width * scale), height: Math.max(60, height * scale) }
}

/** The parts of a document, and heat in the cells of a grid over it. */
export function drawPlan(chart: PlanChart, most: number, id: string): string {
  const { boxes, grid } = chart
  const size = sizeOf(chart, most)
  const top = Math.max(1e-9, ...chart.cells.map(({ value }) => value))
  const hottest = [...chart.cells].sort((a, b) => b.value - a.value).slice(0, MOST_CELLS)
  // The hottest ones are drawn last, over the others.
  const cells = hottest.reverse().map(({ column, row, value }) => ({
    x: ((column + 0.5) / grid) * chart.width,
    y: ((row + 0.5) / grid) * chart.height,
    share: Math.sqrt(value / top),
  }))
  const corners = { x1: 'x', y1: 'y', x2: 'right', y2: 'bottom' } as const
  const outlined = boxes.map(box => ({ ...box, right: box.x + box.width, bottom: box.y + box.height }))
  return plotSvg(chart, id, {
    width: size.width,
    height: size.height,
    margin: 1,
    x: { domain: [0, chart.width], axis: null },
    y: { domain: [chart.height, 0], axis: null },
    marks: [
      Plot.frame({ stroke: 'var(--muted)', fill: 'var(--ground)' }),
      Plot.rect(outlined, {
        ...corners,
        stroke: 'var(--muted)',
        strokeOpacity: 0.7,
        fill: 'var(--card)',
        rx: 2,
        clip: 'frame',
      }),
      Plot.dot(cells, {
        x: 'x',
        y: 'y',
        r: Math.max(2.2, (size.width / grid) * 0.9),
        fill: 'var(--heat)',
        fillOpacity: ({ share }: { share: number }) => 0.18 + 0.62 * share,
      }),
      Plot.text(
        outlined.filter(({ width, height }) => width * size.scale > 26 && height * size.scale > 13),
        {
          x: 'x',
          y: 'y',
          dx: 4,
          dy: 4,
          text: ({ label }: { label: string }) => shorten(label, 12),
          textAnchor: 'start',
          lineAnchor: 'top',
          fill: 'var(--muted)',
          stroke: 'var(--card)',
          strokeWidth: 3,
          fontSize: 10,
        },
      ),
    ],
  })
}
