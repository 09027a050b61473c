import type { Chart } from '../figure.ts'
import { paletteCss } from '../palette.ts'
import { drawBars } from './bars.ts'
import { drawCells } from './cells.ts'
import { drawCurves } from './curves.ts'
import { drawPlan } from './plan.ts'
import { drawTimes } from './times.ts'
import { drawTrack } from './track.ts'

/**
 * A chart as the markup of an SVG whose colours are those of the page.
 * @param width most px that it takes
 * @param id prefix of the ids in it, unlike any other in the page
 */
export function drawChart(chart: Chart, width: number, id: string): string {
  switch (chart.kind) {
    case 'bars':
      return drawBars(chart, width, id)
    case 'lines':
    case 'areas':
      return drawTimes(chart, width, id)
    case 'curves':
      return drawCurves(chart, width, id)
    case 'cells':
      return drawCells(chart, width, id)
    case 'track':
      return drawTrack(chart, width, id)
    case 'plan':
      return drawPlan(chart, width, id)
  }
}

/** The colours of both schemes, for an SVG that is a file of its own. */
export const fileStyle = `<style>${paletteCss(':root')}svg{background:var(--card);color:var(--text);fill:currentColor;font-family:system-ui,sans-serif}</style>`

/** A chart as a file of its own, with the colours of both schemes in it. */
export function drawSvgFile(chart: Chart, width: number): string {
  const svg = drawChart(chart, width, 'chart').replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
  return `${svg.slice(0, -'</svg>'.length)}${fileStyle}</svg>\n`
}
