import { defineMeasure } from '@millrace/contracts'
import { listens, parts } from './events.ts'
import { levels } from './reference.ts'
import { predictions } from './results.ts'

/** A listen is published once with all its rows. */
const isComplete = ({ missing }: { readonly missing: readonly string[] }): boolean => missing.length === 0

export const measures = [
  defineMeasure({
    name: 'listens',
    topic: listens,
    title: 'Listens per second, by level',
    description: 'Listens of Free, Silver and Gold customers whose reference rows are there.',
    label: 'level',
    values: levels,
    of: event => (isComplete(event) ? { as: levels[event.level!]!, by: 1 } : null),
  }),
  defineMeasure({
    name: 'places',
    topic: listens,
    title: 'Listens per second, on mobile devices or not',
    description: 'The mobile part of the usage.',
    label: 'device',
    values: ['mobile', 'stationary'],
    of: event => (isComplete(event) ? { as: event.ismobile === 1 ? 'mobile' : 'stationary', by: 1 } : null),
  }),
  defineMeasure({
    name: 'parts',
    topic: listens,
    title: 'Listens per second, by part of the day',
    description: 'Morning from 5 o’clock (UTC), afternoon from 12, evening from 17, night from 22.',
    label: 'part',
    values: parts,
    of: event => (isComplete(event) ? { as: event.part, by: 1 } : null),
  }),
  defineMeasure({
    name: 'predictions',
    topic: predictions,
    title: 'Predictions per second',
    description:
      'Predictions of clicks as they are published: targets, other customers who are predicted to click, and the rest.',
    label: 'prediction',
    values: ['target', 'click', 'none'],
    of: ({ target, clicks }) => ({ as: target ? 'target' : clicks ? 'click' : 'none', by: 1 }),
  }),
]
