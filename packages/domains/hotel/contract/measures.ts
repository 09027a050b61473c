import { defineMeasure } from '@millrace/contracts'
import { genders } from './events.ts'
import { curated } from './topics.ts'

/** Steps to a booking. */
const STEPS = ['view', 'place', 'buy', 'refund']

export const measures = [
  defineMeasure({
    name: 'steps',
    topic: curated,
    title: 'Requests per second, by step',
    description: 'Views of the front page, views of places, purchases and refunds.',
    label: 'step',
    values: STEPS,
    of({ method, clickNum, buyNum }) {
      if (clickNum !== null) return { as: 'place', by: 1 }
      if (buyNum !== null) return { as: 'buy', by: 1 }
      return { as: method === '/' ? 'view' : method === '/refund' ? 'refund' : 'else', by: 1 }
    },
  }),
  defineMeasure({
    name: 'purchases',
    topic: curated,
    title: 'Purchases per second, by gender',
    description: 'Places that are bought.',
    label: 'gender',
    values: genders,
    of: ({ gender, buyNum }) => (buyNum === null ? null : { as: gender, by: 1 }),
  }),
]
