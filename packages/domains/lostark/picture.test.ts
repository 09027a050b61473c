import { expect, it } from 'vitest'
import { createPictureSource, drawn } from '../test/picture-source.ts'
import { raids } from './contract/tables.ts'
import { outcomesPicture } from './picture.ts'

it('counts the raids of each boss that began in the time shown, by how they ended', async () => {
  await using world = await createPictureSource('2024-03-24T11:00:00Z', '2024-03-24T12:00:00Z')
  const raid = (session_id: string, minute: string, boss: string, state: string) => ({
    ...{ day: '2024-03-24', start_time: Date.parse(`2024-03-24T${minute}:00Z`), session_id, boss, state, revision: 1 },
  })
  await world.put(
    raids,
    raid('1', '11:10', 'Vykas', 'failed'),
    raid('2', '11:20', 'Kamen', 'succeeded'),
    raid('3', '11:30', 'Kamen', 'failed'),
    raid('4', '11:40', 'Kamen', 'running'),
    raid('5', '10:59', 'Kamen', 'failed'),
    raid('6', '12:01', 'Brelshaza', 'failed'),
  )
  const { charts, tables } = await drawn(outcomesPicture.draw(world.source))
  expect(charts).toMatchObject([
    {
      rows: [
        { label: 'Kamen', values: [1, 1, 1] },
        { label: 'Vykas', values: [0, 1, 0] },
      ],
    },
  ])
  expect(tables[0]!.rows).toEqual([
    ['Kamen', 1, 1, 1, '50 %'],
    ['Vykas', 0, 1, 0, '0 %'],
    ['all', 1, 2, 1, '33.3 %'],
  ])
})
