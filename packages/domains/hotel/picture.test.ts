import { expect, it } from 'vitest'
import { createPictureSource, drawn } from '../test/picture-source.ts'
import { funnelTable } from './contract/tables.ts'
import { funnelPicture } from './picture.ts'

it('adds up the windows of the time shown, by step and by group of guests', async () => {
  await using world = await createPictureSource('2024-03-24T11:07:00Z', '2024-03-24T11:20:00Z')
  const row = (time: string, gender: string, views: number) => ({
    ...{ day: '2024-03-24', window: Date.parse(`2024-03-24T${time}:00Z`), gender, age: '20-29', views },
    ...{ place_views: 10, purchases: 1, refunds: 0, events: 1, revision: 1 },
  })
  await world.put(
    funnelTable,
    row('11:00', 'male', 500),
    row('11:05', 'male', 3),
    row('11:20', 'female', 4),
    row('11:25', 'male', 900),
  )
  const { charts, tables } = await drawn(funnelPicture.draw(world.source))
  expect(charts).toMatchObject([
    { rows: [{ values: [7] }, { values: [20] }, { values: [2] }, { values: [0] }] },
    {
      rows: [
        { label: 'female, 20-29', values: [0.1] },
        { label: 'male, 20-29', values: [0.1] },
      ],
    },
  ])
  expect(tables[0]!.rows.at(-1)).toEqual(['all', 7, 20, 2, 0, '10 %'])
})
