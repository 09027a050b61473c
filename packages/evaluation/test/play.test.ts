import { loadBuiltInModel } from '@millrace/anomaly-scorer'
import { beforeAll, describe, expect, it } from 'vitest'
import { measureHonest, measureKinds } from '../src/measure.ts'
import { joinPlays, type Play, playRun } from '../src/play.ts'

const model = loadBuiltInModel()
const contestants = [
  { name: 'with path', model, seesPaths: true },
  { name: 'without path', model, seesPaths: false },
]
const options = { seed: 'play', players: '8', duration: '7m', paths: '16hz', cheats: 'snap=0.25,macro=0.25' }

describe('a play', () => {
  let play: Play
  beforeAll(async () => {
    play = await playRun(options, contestants)
  })

  it('has a row for every action of every player, with its truth', () => {
    expect(play.players.map(({ cheat }) => cheat).sort()).toEqual([
      'macro',
      'macro',
      null,
      null,
      null,
      null,
      'snap',
      'snap',
    ])
    const columns = [
      play.timeMs,
      play.isAltered,
      ...play.baselines.values(),
      ...[...play.models.values()].map(({ actions }) => actions),
    ]
    for (const column of columns) expect(column).toHaveLength(play.player.length)
    const alteredBy = new Set([...play.player].filter((_, row) => play.isAltered[row]))
    expect([...alteredBy].every(player => play.players[player]!.cheat !== null)).toBe(true)
    expect(alteredBy.size).toBe(4)
  })

  it('is the same every time', async () => expect(await playRun(options, contestants)).toEqual(play))

  it('shows the model paths only where it may see them', () => {
    const [withPath, withoutPath] = ['with path', 'without path'].map(name => measureKinds(play, name))
    const find = (kinds: typeof withPath, name: string) => kinds!.find(({ kind }) => kind === name)!
    expect(find(withPath, 'snap')).toMatchObject({ cheaters: 2, recall: { value: 1 }, named: 2 })
    expect(find(withoutPath, 'snap')).toMatchObject({ cheaters: 2, recall: { value: 0 } })
    expect(find(withPath, 'snap').delays.every(({ altered, actions }) => altered > 0 && altered <= actions)).toBe(true)
    expect(measureHonest(play, 'with path')).toMatchObject({ players: 4, alerts: 0 })
  })

  it('joined with another one keeps whose actions and alerts are whose', async () => {
    const other = await playRun({ ...options, seed: 'another' }, contestants)
    const both = joinPlays([play, other])
    expect(both.players).toHaveLength(16)
    expect(both.player.length).toBe(play.player.length + other.player.length)
    for (const { player, action } of both.models.get('with path')!.alerts) expect(both.player[action]).toBe(player)
    expect(both.models.get('with path')!.alerts).toHaveLength(
      [play, other].reduce((sum, { models }) => sum + models.get('with path')!.alerts.length, 0),
    )
  })
})
