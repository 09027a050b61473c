import { drawChart } from './draw/draw-chart.ts'
import { letterOf } from './draw/times.ts'
import type { Cell, Chart, Figure, Table } from './figure.ts'
import { shorten } from './figure.ts'
import { html, Markup } from './html.ts'
import { seriesColour, toneColour } from './palette.ts'

/** Widths of the two drawings of a chart, px. */
const [NARROW, WIDE] = [320, 600]
/** Rows of a table that are shown. */
const MOST_ROWS = 120
const MOST_CHARACTERS = 120

const decimals = { maximumFractionDigits: 4 } as const

const written = (cell: Cell): string =>
  cell === null
    ? '–'
    : typeof cell === 'number'
      ? cell.toLocaleString('en-US', decimals)
      : shorten(cell, MOST_CHARACTERS)

/** A table with a caption; its box scrolls where it is too wide. */
export function renderTable({ caption, columns, rows, more = 0 }: Table): Markup {
  const shown = rows.slice(0, MOST_ROWS)
  const left = more + rows.length - shown.length
  const isNumber = columns.map((_, column) => shown.length > 0 && shown.every(row => typeof row[column] !== 'string'))
  const sort = (column: number): Markup => new Markup(isNumber[column] ? ' class="n"' : '')
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${columns.map((name, column) => html`<th scope="col"${sort(column)}>${name}</th>`)}</tr></thead>
<tbody>${shown.map(
    row => html`<tr>${row.map((cell, column) =>
      column === 0
        ? html`<th scope="row"${sort(0)}>${written(cell)}</th>`
        : html`<td${sort(column)}>${written(cell)}</td>`,
    )}</tr>
`,
  )}</tbody></table></div>${left > 0 ? html`<p class="muted">and ${left.toLocaleString('en-US')} more</p>` : null}`
}

/** What the colours of a chart stand for. */
function renderLegend(chart: Chart): Markup | null {
  if (chart.kind === 'bars' && chart.series.length > 1)
    return html`<ul class="legend">${chart.series.map(
      (name, index) => html`<li><i style="background:${toneColour(chart.tones, index)}"></i>${shorten(name, 40)}</li>`,
    )}</ul>`
  if (chart.kind !== 'lines' && chart.kind !== 'areas') return null
  const marks = chart.marks?.timesMs.length ? html`<li><b style="color:var(--bad)">▼</b>${chart.marks.name}</li>` : null
  return html`<ul class="legend">${chart.series.map(({ name }, index) => {
    const letter = chart.kind === 'lines' ? html`<b style="color:${seriesColour(index)}">${letterOf(index)}</b>` : null
    return html`<li><i style="background:${seriesColour(index)}"></i>${letter}${shorten(name, 40)}</li>`
  })}${marks}</ul>`
}

function renderCharts(charts: readonly Chart[], id: string): Markup {
  const drawn = charts.map((chart, index) => {
    const drawing = (kind: string, width: number): Markup =>
      html`<div class="${kind}">${new Markup(drawChart(chart, width, `${id}-${index}-${kind}`))}</div>`
    const isSized = chart.kind === 'plan' || chart.kind === 'track'
    // These have one size that fits a phone.
    const drawings = isSized
      ? html`<div>${new Markup(drawChart(chart, NARROW, `${id}-${index}`))}</div>`
      : html`${drawing('narrow', NARROW)}${drawing('wide', WIDE)}`
    return html`<div>${charts.length > 1 ? html`<p>${chart.title}</p>` : null}${renderLegend(chart)}${drawings}</div>`
  })
  return html`<div class="charts">${drawn}</div>`
}

/** Charts with how to read them, and the values behind them. */
export function renderFigure({ title, reading, charts, tables }: Figure, id: string): Markup {
  return html`<figure aria-labelledby="${id}">
<figcaption><h3 id="${id}">${title}</h3><p class="reading">${reading}</p></figcaption>
${renderCharts(charts, id)}
<details><summary>Values</summary>${tables.map(renderTable)}</details>
</figure>`
}
