import { defineMeasure } from '@millrace/contracts'
import { curated, scores } from './topics.ts'

const actions = defineMeasure({
  name: 'actions',
  topic: curated,
  title: 'Actions per second, by method',
  description: 'What players do: moves, waits and bought items.',
  label: 'method',
  values: ['/move', '/wait', '/getItem'],
  of: ({ method }) => ({ as: method, by: 1 }),
})

const verdicts = defineMeasure({
  name: 'verdicts',
  topic: scores,
  title: 'Moves per second, by verdict',
  description:
    'How the detector judges moves: a share of suspicious ones that grows is a wave of cheating, or a change of play.',
  label: 'verdict',
  values: ['normal', 'suspicious'],
  of: ({ verdict }) => ({ as: verdict, by: 1 }),
})

export const measures = [actions, verdicts]
