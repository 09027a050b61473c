import * as Plot from '@observablehq/plot'
import { type CellChart, shorten, write } from '../figure.ts'
import { plotSvg } from './svg.ts'

const ROW = 24
/** Columns in which a value can still be read. */
const MOST_TEXTS = 13

/** Cells that are the darker the greater their value is. */
export function drawCells(chart: CellChart, width: number, id: string): string {
  const { columns, rows, format } = chart
  const cells = rows.flatMap(({ values }, row) => values.map((value, column) => ({ row, column, value })))
  const top = Math.max(1e-9, ...cells.map(({ value }) => value))
  const labels = rows.map(({ label }) => shorten(label, 16))
  const names = columns.map(name => shorten(name, 16))
  const everyColumn = Math.ceil(columns.length / (width < 450 ? 6 : 12))
  const isWritten = columns.length <= (width < 450 ? MOST_TEXTS / 2 : MOST_TEXTS)
  return plotSvg(chart, id, {
    width,
    height: 34 + rows.length * ROW,
    marginLeft: 14 + Math.max(...labels.map(label => label.length)) * 6.8,
    marginRight: 8,
    marginTop: 6,
    marginBottom: 28,
    x: { type: 'band', domain: columns.map((_, column) => column), padding: 0.04 },
    y: { type: 'band', domain: rows.map((_, row) => row), padding: 0.08 },
    marks: [
      Plot.axisX({
        tickSize: 0,
        label: null,
        tickFormat: (column: number) => (column % everyColumn === 0 ? (names[column] ?? '') : ''),
      }),
      Plot.axisY({ tickSize: 0, label: null, tickFormat: (row: number) => labels[row] ?? '' }),
      Plot.cell(cells, {
        x: 'column',
        y: 'row',
        fill: 'var(--series-0)',
        fillOpacity: ({ value }: { value: number }) => (value === 0 ? 0.04 : 0.1 + 0.6 * (value / top)),
      }),
      ...(isWritten
        ? [
            Plot.text(cells, {
              x: 'column',
              y: 'row',
              text: ({ value }: { value: number }) => write(value, format),
              fill: 'var(--text)',
            }),
          ]
        : []),
    ],
  })
}
