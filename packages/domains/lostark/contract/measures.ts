import { defineMeasure } from '@millrace/contracts'
import { bosses } from '../names.ts'
import { curated } from './topics.ts'

const names = bosses.map(({ name }) => name)

export const measures = [
  defineMeasure({
    name: 'actions',
    topic: curated,
    title: 'Actions per second, by boss',
    description: 'Where players are fighting.',
    label: 'boss',
    values: names,
    of: ({ bossName }) => ({ as: bossName, by: 1 }),
  }),
  defineMeasure({
    name: 'wins',
    topic: curated,
    title: 'Players who won per second, by boss',
    description: 'Closing records of raids that succeeded, one of each member.',
    label: 'boss',
    values: names,
    of: ({ success, bossName }) => (success === 1 ? { as: bossName, by: 1 } : null),
  }),
]
