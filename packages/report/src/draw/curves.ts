import * as Plot from '@observablehq/plot'
import { type CurveChart, shorten, visible } from '../figure.ts'
import { seriesColour } from '../palette.ts'
import { axisText } from './bars.ts'
import { plotSvg } from './svg.ts'
import { spread } from './times.ts'

const [TOP, BOTTOM] = [26, 40]
const MOST_CHARACTERS = 16
const CHARACTER = 8

/** Lines over a number, each with its name at its end. */
export function drawCurves(chart: CurveChart, width: number, id: string): string {
  const { series, x, y, hasDiagonal = false } = chart
  const height = width < 450 ? 260 : 340
  const points = series.flatMap(({ points }, index) => points.map(point => ({ ...point, index })))
  const names = series.map(({ name }) => shorten(name, MOST_CHARACTERS))
  const down = (value: number): number => TOP + (1 - (value - y.from) / (y.to - y.from)) * (height - TOP - BOTTOM)
  const heights = spread(
    series.map(({ points }) => down(points.at(-1)?.y ?? y.from)),
    height - BOTTOM,
  )
  const upAt = (px: number): number => y.from + (1 - (px - TOP) / (height - TOP - BOTTOM)) * (y.to - y.from)
  const corners = [
    { x: Math.max(x.from, y.from), y: Math.max(x.from, y.from) },
    { x: Math.min(x.to, y.to), y: Math.min(x.to, y.to) },
  ]
  const at = { x: 'x', y: 'y' } as const
  return plotSvg(chart, id, {
    width,
    height,
    marginTop: TOP,
    marginBottom: BOTTOM,
    marginLeft: 58,
    marginRight: 12 + CHARACTER * Math.max(...names.map(name => name.length)),
    x: { domain: [x.from, x.to] },
    y: { domain: [y.from, y.to] },
    color: { type: 'identity' },
    marks: [
      Plot.gridY({ ticks: 5 }),
      Plot.axisY({
        ticks: 5,
        tickSize: 0,
        tickFormat: (value: number) => axisText(value, y.format),
        label: visible(y.label),
      }),
      Plot.axisX({ ticks: 6, tickFormat: (value: number) => axisText(value, x.format), label: visible(x.label) }),
      ...(hasDiagonal ? [Plot.line(corners, { ...at, stroke: 'var(--muted)', strokeDasharray: '3,3' })] : []),
      Plot.line(points, {
        ...at,
        z: 'index',
        stroke: ({ index }: { index: number }) => seriesColour(index),
        strokeWidth: 2,
        clip: true,
      }),
      Plot.text(names, {
        frameAnchor: 'right',
        y: (_: string, index: number) => upAt(heights[index]!),
        text: (name: string) => name,
        fill: (_: string, index: number) => seriesColour(index),
        fontWeight: 'bold',
        textAnchor: 'start',
        dx: 6,
      }),
      Plot.ruleY([y.from]),
    ],
  })
}
