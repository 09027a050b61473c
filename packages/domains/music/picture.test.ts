import { expect, it } from 'vitest'
import { createPictureSource, drawn } from '../test/picture-source.ts'
import { hourly } from './contract/tables.ts'
import { listeningPicture } from './picture.ts'

const hourOf = (hour: number): number => Date.parse(`2024-03-24T${hour}:00:00Z`)
const plays = (hour: number, value: string, count: number, dimension = 'region') => ({
  ...{ hour: hourOf(hour), dimension, value, plays: count, mobile: 1, revision: 1 },
})

it('has a cell for each hour and region, the regions with the most plays first', async () => {
  await using world = await createPictureSource('2024-03-24T11:30:00Z', '2024-03-24T13:30:00Z')
  const many = Array.from({ length: 13 }, (_, index) => plays(11, `r${index}`, 2))
  await world.put(
    hourly,
    ...many,
    plays(13, '721', 50),
    plays(11, '721', 5),
    plays(11, 'all', 999, 'all'),
    plays(14, '999', 99),
  )
  const { charts, tables } = await drawn(listeningPicture.draw(world.source))
  expect(charts[0]).toMatchObject({ kind: 'cells', columns: ['11:00', '12:00', '13:00'] })
  expect(charts[0]).toMatchObject({ rows: expect.arrayContaining([{ label: '721', values: [5, 0, 50] }]) })
  expect(tables[0]!.rows[0]).toEqual(['721', 5, 0, 50, 55, 2])
  expect(tables[0]).toMatchObject({ more: 2 })
})

it('has bars where people listened in one hour only', async () => {
  await using world = await createPictureSource('2024-03-24T11:00:00Z', '2024-03-24T12:30:00Z')
  await world.put(hourly, plays(11, '721', 5))
  const { charts } = await drawn(listeningPicture.draw(world.source))
  expect(charts).toMatchObject([{ kind: 'bars', rows: [{ label: '721', values: [1, 4] }] }])
})
