import { type PlanChart, shorten, write } from '@millrace/report/figure'
import { z } from 'zod'
import type { TableReader } from '../facets.ts'
import { heat, outlines } from './contract/tables.ts'

/** Cells per row and per column. */
const GRID = 100
/** Boxes of an outline that are drawn, the largest. */
const MOST_BOXES = 300

/** Where there is no outline, a document of this shape is drawn. */
const UNKNOWN = { width: 1000, height: 1500 } as const

export const layouts = ['phone', 'tablet', 'desktop'] as const
export type Layout = (typeof layouts)[number]

const storedBoxes = z.array(
  z.object({ tag: z.string(), x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
)

function boxesOf(text: unknown): PlanChart['boxes'] {
  const { data = [] } = storedBoxes.safeParse(JSON.parse(String(text ?? '[]')))
  return data
    .map(({ tag, ...box }) => ({ ...box, label: tag }))
    .sort((a, b) => b.width * b.height - a.width * a.height)
    .slice(0, MOST_BOXES)
}

export interface HeatMap {
  readonly layout: Layout
  readonly chart: PlanChart
  /** Clicks or moves in all cells. */
  readonly total: number
  readonly hasOutline: boolean
}

/**
 * The heat maps of a page on a UTC day, one for each layout with heat.
 * @param counted which events make the heat
 */
export async function readHeatMaps(
  mart: TableReader,
  { page, day, counted }: { readonly page: string; readonly day: string; readonly counted: 'clicks' | 'moves' },
): Promise<readonly HeatMap[]> {
  const drawn = await mart.select(outlines, { page })
  const rows = await mart.select(heat, { page, day }, { limit: layouts.length * GRID * GRID })
  return layouts.flatMap(layout => {
    const cells = rows
      .filter(row => row.layout === layout && Number(row[counted]) > 0)
      .map(row => ({ column: Number(row.cell_x), row: Number(row.cell_y), value: Number(row[counted]) }))
    if (cells.length === 0) return []
    const outline = drawn.find(row => row.layout === layout)
    const total = cells.reduce((sum, { value }) => sum + value, 0)
    const hottest = cells.reduce((most, cell) => (cell.value > most.value ? cell : most))
    const size = outline
      ? { width: Math.max(1, Number(outline.document_width)), height: Math.max(1, Number(outline.document_height)) }
      : UNKNOWN
    const chart: PlanChart = {
      kind: 'plan',
      title: `${layout}: ${write(total, 'count')} ${counted}`,
      description: `${shorten(page, 60)} on ${day}: ${write(total, 'count')} ${counted} in ${write(cells.length, 'count')} cells; most, ${write(hottest.value, 'count')}, at ${hottest.column} % from the left and ${hottest.row} % from the top`,
      ...size,
      boxes: outline ? boxesOf(outline.boxes) : [],
      grid: GRID,
      cells,
    }
    return [{ layout, chart, total, hasOutline: outline !== undefined }]
  })
}
