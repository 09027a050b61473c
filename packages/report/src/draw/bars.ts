import * as Plot from '@observablehq/plot'
import { type BarChart, shorten, write } from '../figure.ts'
import { toneColour } from '../palette.ts'
import { plotSvg } from './svg.ts'

const BAR = 17
const GAP = 10

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

/** The numbers of an axis, short. */
export const axisText = (value: number, format: BarChart['format']): string =>
  format === 'percent' || format === 'bytes' ? write(value, format) : compact.format(value)

/** Horizontal bars, so that labels of any length can be read. */
export function drawBars(chart: BarChart, width: number, id: string): string {
  const { rows, series, format, arrangement } = chart
  const isStacked = arrangement === 'stacked'
  const most = width < 450 ? 14 : 26
  // Labels may be equal once they are shortened: bars go by their place.
  const labels = rows.map(({ label }) => shorten(label, most))
  const bars = rows.flatMap(({ values }, row) =>
    values.map((value, index) => ({ row, index, value, text: write(value, format) })),
  )
  const perRow = isStacked ? 1 : series.length
  const left = Math.min(width * 0.4, 14 + Math.max(...labels.map(label => label.length)) * 6.8)
  const label = Plot.axisY({ tickSize: 0, tickFormat: (row: number) => labels[row] ?? '', label: null })
  const colour = { type: 'identity' } as const
  const fill = ({ index }: { index: number }) => toneColour(chart.tones, index)
  const axis = Plot.axisX({ ticks: width < 450 ? 3 : 6, tickFormat: value => axisText(value, format), label: null })
  const common = { width, marginLeft: left, marginRight: 52, marginTop: 6, marginBottom: 26, color: colour }
  if (isStacked) {
    const total = rows.map(({ values }, row) => ({ row, value: values.reduce((sum, value) => sum + value, 0) }))
    return plotSvg(chart, id, {
      ...common,
      height: 32 + rows.length * (BAR + GAP),
      y: { type: 'band', domain: rows.map((_, row) => row), padding: 0.3 },
      x: { zero: true, nice: true },
      marks: [
        axis,
        label,
        Plot.gridX({ ticks: 5 }),
        Plot.barX(bars, { x: 'value', y: 'row', fill, order: null }),
        Plot.text(total, {
          x: 'value',
          y: 'row',
          text: ({ value }: { value: number }) => write(value, format),
          textAnchor: 'start',
          dx: 5,
        }),
        Plot.ruleX([0]),
      ],
    })
  }
  return plotSvg(chart, id, {
    ...common,
    height: 32 + rows.length * (perRow * BAR + GAP),
    fy: { type: 'band', domain: rows.map((_, row) => row), padding: 0.18 },
    y: { type: 'band', domain: series.map((_, index) => index), padding: 0.08, axis: null },
    x: { zero: true, nice: true },
    marks: [
      axis,
      Plot.axisFy({
        anchor: 'left',
        tickSize: 0,
        tickFormat: (row: number) => labels[row] ?? '',
        label: null,
        textAnchor: 'end',
        dx: -4,
      }),
      Plot.gridX({ ticks: 5 }),
      Plot.barX(bars, { x: 'value', y: 'index', fy: 'row', fill }),
      Plot.text(bars, { x: 'value', y: 'index', fy: 'row', text: 'text', textAnchor: 'start', dx: 5 }),
      Plot.ruleX([0]),
    ],
  })
}
