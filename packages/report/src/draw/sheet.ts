import { type Chart, shorten } from '../figure.ts'
import { escapeText, html } from '../html.ts'
import { seriesColour } from '../palette.ts'
import { drawChart, fileStyle } from './draw-chart.ts'
import { letterOf } from './times.ts'

/** Charts below each other, with a heading and sentences about them. */
export interface Sheet {
  readonly title: string
  readonly notes: readonly string[]
  readonly charts: readonly Chart[]
}

const MARGIN = 20
const LINE = 18
const CHARACTER = 6.6
const MOST_CHARACTERS = 400

/** A text in lines of so many characters, broken between words. */
function wrap(text: string, most: number): string[] {
  const lines: string[] = []
  for (const word of shorten(text, MOST_CHARACTERS).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const heightOf = (svg: string): number => Number(/^<svg [^>]*?height="([\d.]+)"/.exec(svg)?.[1])

/** The letters and colours of a chart's series; nothing for other charts. */
function legendOf(chart: Chart): string {
  if (chart.kind !== 'lines') return ''
  return chart.series
    .map(
      ({ name }, index) =>
        html`<tspan style="fill:${seriesColour(index)};font-weight:bold">${letterOf(index)}</tspan><tspan> ${shorten(name, 40)}   </tspan>`,
    )
    .map(({ text }) => text)
    .join('')
}

/** Sheets below each other as an SVG file of its own, with the colours of both schemes in it. */
export function drawSheets(sheets: readonly Sheet[], width: number): string {
  const parts: string[] = []
  let y = MARGIN
  const put = (markup: string, style: string): void => {
    y += LINE
    parts.push(`<text x="${MARGIN}" y="${y}" xml:space="preserve" style="${style}">${markup}</text>`)
  }
  const most = Math.floor((width - 2 * MARGIN) / CHARACTER)
  for (const [number, { title, notes, charts }] of sheets.entries()) {
    if (number > 0) y += 2 * LINE
    put(escapeText(title), 'font-size:16px;font-weight:bold')
    for (const note of notes) for (const line of wrap(note, most)) put(escapeText(line), 'font-size:12px')
    for (const [index, chart] of charts.entries()) {
      y += LINE / 2
      put(escapeText(chart.title), 'font-size:13px;font-weight:bold')
      const legend = legendOf(chart)
      if (legend !== '') put(legend, 'font-size:12px')
      const svg = drawChart(chart, width - 2 * MARGIN, `chart-${number}-${index}`)
      parts.push(svg.replace('<svg ', `<svg x="${MARGIN}" y="${y + 6}" `))
      y += 6 + heightOf(svg)
    }
  }
  const height = Math.ceil(y + MARGIN)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">${fileStyle}${parts.join('')}</svg>\n`
}
