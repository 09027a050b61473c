import type { RunReporter } from '../facets.ts'
import { web } from './contract.ts'
import { drawHeatMap } from './draw-heat-map.ts'
import { funnelPicture, heatPicture } from './picture.ts'

/** The funnel of each page, and where visitors clicked. */
export const reporter: RunReporter = {
  domain: web.name,
  views: [{ name: 'funnels of pages', command: 'mart web_funnel' }],
  pictures: [heatPicture, funnelPicture],
  commands: [drawHeatMap],
}
