import * as Plot from '@observablehq/plot'
import { type TimeChart, writeTime } from '../figure.ts'
import { seriesColour } from '../palette.ts'
import { axisText } from './bars.ts'
import { plotSvg } from './svg.ts'

const LABEL_DISTANCE = 13
const DAY_MS = 86_400_000
const [TOP, BOTTOM] = [20, 26]

/** The letter that names a series in the drawing and in the legend. */
export const letterOf = (index: number): string => String.fromCharCode(65 + index)

/** Heights of labels near where they are wanted, px from the top, none over another one. */
export function spread(wanted: readonly number[], bottom: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]!)
  const placed = [...wanted]
  let least = Number.NEGATIVE_INFINITY
  for (const index of order) {
    placed[index] = Math.max(wanted[index]!, least)
    least = placed[index] + LABEL_DISTANCE
  }
  let most = bottom
  for (const index of order.reverse()) {
    placed[index] = Math.min(placed[index]!, most)
    most = placed[index] - LABEL_DISTANCE
  }
  return placed
}

const upTo = (values: readonly number[]): number => {
  const top = Math.max(0, ...values)
  return top === 0 ? 1 : top * 1.08
}

/** Values over event time in UTC. */
export function drawTimes(chart: TimeChart, width: number, id: string): string {
  const { series, fromMs, toMs, format, kind, marks } = chart
  const height = width < 450 ? 250 : 300
  const isAreas = kind === 'areas'
  const points = series.flatMap(({ points }, index) =>
    points.map(({ timeMs, value }) => ({ index, time: new Date(timeMs), value })),
  )
  const sums = new Map<number, number>()
  if (isAreas) for (const { time, value } of points) sums.set(time.getTime(), (sums.get(time.getTime()) ?? 0) + value)
  const top = upTo(isAreas ? [...sums.values()] : points.map(({ value }) => value))
  const ends = series.map(({ points }) => points.at(-1)?.value ?? 0)
  const down = (value: number): number => TOP + (1 - value / top) * (height - TOP - BOTTOM)
  const heights = spread(ends.map(down), height - BOTTOM)
  const colour = ({ index }: { index: number }): string => seriesColour(index)
  const isLong = toMs - fromMs > DAY_MS
  const time = (at: Date): string =>
    isLong ? `${at.toISOString().slice(5, 10)} ${writeTime(at.getTime())}` : writeTime(at.getTime())
  const drawn = isAreas
    ? [
        Plot.areaY(points, {
          x: 'time',
          y: 'value',
          z: 'index',
          fill: colour,
          curve: 'step-after',
          order: null,
        }),
      ]
    : [
        Plot.lineY(points, { x: 'time', y: 'value', z: 'index', stroke: colour, strokeWidth: 2 }),
        Plot.dot(points, { x: 'time', y: 'value', fill: colour, r: 2.5 }),
        Plot.text(ends, {
          frameAnchor: 'right',
          y: (_: number, index: number) => top * (1 - (heights[index]! - TOP) / (height - TOP - BOTTOM)),
          text: (_: number, index: number) => letterOf(index),
          fill: (_: number, index: number) => seriesColour(index),
          fontWeight: 'bold',
          textAnchor: 'start',
          dx: 6,
        }),
      ]
  const moments = (marks?.timesMs ?? []).map(timeMs => new Date(timeMs))
  return plotSvg(chart, id, {
    width,
    height,
    marginTop: TOP,
    marginBottom: BOTTOM,
    marginLeft: format === 'bytes' ? 58 : 48,
    marginRight: 22,
    x: { type: 'utc', domain: [new Date(fromMs), new Date(toMs)] },
    y: { domain: [0, top] },
    color: { type: 'identity' },
    marks: [
      Plot.gridY({ ticks: 5 }),
      Plot.axisY({ ticks: 5, tickSize: 0, tickFormat: (value: number) => axisText(value, format), label: null }),
      Plot.axisX({ ticks: width < 450 ? 4 : 7, tickFormat: time, label: null }),
      ...drawn,
      Plot.ruleX(moments, { stroke: 'var(--text)', strokeDasharray: '2,3', strokeOpacity: 0.7 }),
      Plot.dot(moments, {
        x: (at: Date) => at,
        frameAnchor: 'top',
        dy: -6,
        symbol: 'triangle2',
        rotate: 180,
        r: 4.5,
        fill: 'var(--bad)',
      }),
      Plot.ruleY([0]),
    ],
  })
}
