import type { TrackChart } from '@millrace/report/figure'
import { expect, it } from 'vitest'
import { createPictureSource, drawn } from '../test/picture-source.ts'
import { alertsByDay, lol, scoresByPlayer } from './contract.ts'
import { worstPath } from './picture.ts'

const DAY = '2024-03-24'
const second = (n: number): string => new Date(Date.parse(`${DAY}T11:00:00.000Z`) + n * 1000).toISOString()

const moveOf = (account: string, n: number, roomID: string, x: number) => ({
  key: account,
  value: { eventId: `${account}-${roomID}-${n}`, datetime: second(n), method: '/move', account, roomID, x, y: -x },
})
const alertOf = (account: string, n: number, score: number, room: string) => ({
  ...{ day: DAY, datetime: Date.parse(second(n)), event_id: `${account}-${n}`, source_event_id: 'x', account },
  ...{ room_id: room, score, evidence: '[]', model_id: 'm' },
})
const scoreOf = (account: string, n: number, room: string, verdict: string) => ({
  ...{ account, day: DAY, datetime: Date.parse(second(n)), event_id: `s${n}`, score: 0.5, verdict },
  ...{ source_event_id: `${account}-${room}-${n}`, room_id: room, contributions: '[]', model_id: 'm' },
})

it('draws the match of the highest alert of the player with the most alerts, and marks its suspicious moves', async () => {
  await using world = await createPictureSource(second(0), second(600))
  const moves = [3, 1, 2].map(n => moveOf('ann', n, 'room 1', n * 100))
  const waiting = { key: 'ann', value: { ...moveOf('ann', 4, 'room 1', 0).value, method: '/wait' } }
  await world.append(
    lol.topics.curated.name,
    ...moves,
    waiting,
    moveOf('ann', 5, 'room 2', 999),
    moveOf('bob', 1, 'room 1', 7),
  )
  await world.put(
    alertsByDay,
    alertOf('bob', 1, 0.99, 'room 1'),
    alertOf('ann', 9, 0.6, 'room 2'),
    alertOf('ann', 2, 0.7, 'room 1'),
  )
  await world.put(scoresByPlayer, scoreOf('ann', 2, 'room 1', 'suspicious'), scoreOf('ann', 1, 'room 1', 'normal'))
  const { charts, tables } = await drawn(worstPath.draw(world.source))
  const [chart] = charts as readonly TrackChart[]
  expect(chart!.title).toBe('ann')
  expect(chart!.points).toEqual([
    { x: 100, y: -100, isFlagged: false },
    { x: 200, y: -200, isFlagged: true },
    { x: 300, y: -300, isFlagged: false },
  ])
  expect(tables[0]!.caption).toContain('alerts of the player: 2, highest score 0.7')
  expect(tables[0]!.rows.map(row => row.at(-1))).toEqual(['normal', 'suspicious', 'normal'])
  // The other player of the partition has an alert as well.
  expect(charts.every(({ title }) => !title.includes('bob'))).toBe(true)
})

it('says so where the moves are no longer in the log', async () => {
  await using world = await createPictureSource(second(0), second(600))
  await world.put(alertsByDay, alertOf('ann', 1, 0.7, 'room 1'))
  expect(await worstPath.draw(world.source)).toBe('The moves of ann are no longer in the log.')
})

it('draws the moves around the alert of a match that has too many', async () => {
  await using world = await createPictureSource(second(0), second(3000))
  const moves = Array.from({ length: 1200 }, (_, n) => moveOf('ann', n, 'room 1', n))
  await world.append(lol.topics.curated.name, ...moves)
  await world.put(alertsByDay, alertOf('ann', 600, 0.7, 'room 1'))
  const { charts, tables } = await drawn(worstPath.draw(world.source))
  const { points } = charts[0] as TrackChart
  expect([points.length, points[0]!.x, points.at(-1)!.x]).toEqual([500, 350, 849])
  expect(tables[0]!.caption).toContain('the 500 moves around it of 1200')
})
