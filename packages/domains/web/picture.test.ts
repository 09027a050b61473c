import type { PlanChart } from '@millrace/report/figure'
import { expect, it } from 'vitest'
import { createPictureSource, drawn } from '../test/picture-source.ts'
import { funnel, heat, outlines } from './contract/tables.ts'
import { drawHeatMap } from './draw-heat-map.ts'
import { funnelPicture, heatPicture } from './picture.ts'

const DAY = '2024-03-25'
const steps = (day: string, page: string, variant: string, clicked: number) => ({
  ...{ day, page, variant, entered: 1, viewed: 10, clicked, continued: 2, events: 1, revision: 1 },
})
const cell = (page: string, layout: string, cell_x: number, clicks: number, moves = 0) => ({
  ...{ page, day: DAY, layout, cell_y: 2, cell_x, clicks, moves, events: 1, revision: 1 },
})

it('draws the page with the most clicks on the last day, with its outline or without', async () => {
  await using world = await createPictureSource('2024-03-24T23:00:00Z', `${DAY}T01:00:00Z`)
  await world.put(
    funnel,
    steps('2024-03-24', 'x/old', 'A', 9),
    steps(DAY, 'x/', 'A', 4),
    steps(DAY, 'x/', 'B', 4),
    steps(DAY, 'x/b', 'A', 7),
  )
  await world.put(
    heat,
    cell('x/', 'phone', 1, 3),
    cell('x/', 'desktop', 2, 5),
    cell('x/', 'desktop', 3, 0, 8),
    cell('x/b', 'phone', 9, 9),
  )
  const boxes = JSON.stringify([{ tag: 'h1', x: 1, y: 2, width: 30, height: 40 }])
  await world.put(outlines, {
    page: 'x/',
    layout: 'phone',
    seen_at: 1,
    document_width: 390,
    document_height: 800,
    boxes,
  })
  const { charts, tables } = await drawn(heatPicture.draw(world.source))
  const [phone, desktop] = charts as readonly PlanChart[]
  expect(phone).toMatchObject({ width: 390, height: 800, boxes: [{ label: 'h1', x: 1, y: 2, width: 30, height: 40 }] })
  expect(phone!.cells).toEqual([{ column: 1, row: 2, value: 3 }])
  expect(desktop).toMatchObject({ boxes: [], cells: [{ column: 2, row: 2, value: 5 }] })
  expect(tables[0]!.caption).toContain('x/ on 2024-03-25 (8 sessions clicked), phone')

  const sessions = await drawn(funnelPicture.draw(world.source))
  expect(sessions.tables[0]!.rows).toHaveLength(4)
  expect(sessions.tables[0]!.rows).toContainEqual(['x/', 'B', 1, 10, 4, 2, '40 %'])

  const { chart, caption } = await drawn(drawHeatMap.draw(world.source.mart, 'x/', {}))
  expect(caption).toBe('x/ on 2024-03-25, desktop: 5 clicks; the outline of this layout is not known')
  expect(chart).toMatchObject({ kind: 'plan', cells: desktop!.cells })
  expect(await drawHeatMap.draw(world.source.mart, 'x/old', {})).toMatch(
    /^No page "x\/old" on 2024-03-25\..* Pages of that day: x\/, x\/b\.$/,
  )
})
