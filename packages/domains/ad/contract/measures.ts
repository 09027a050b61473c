import { defineMeasure } from '@millrace/contracts'
import { adAgeBands, adGenders, adKinds } from './events.ts'
import { curated } from './topics.ts'

export const measures = [
  defineMeasure({
    name: 'events',
    topic: curated,
    title: 'Events per second, by kind',
    description: 'Ads that are shown and not viewed, views that begin and end, and clicks, suppressed ones included.',
    label: 'kind',
    values: adKinds,
    of: ({ kind }) => ({ as: kind, by: 1 }),
  }),
  defineMeasure({
    name: 'clicks',
    topic: curated,
    title: 'Clicks per second, by gender',
    description: 'Clicks on ads, suppressed ones included.',
    label: 'gender',
    values: adGenders,
    of: ({ kind, gender }) => (kind === 'click' ? { as: gender, by: 1 } : null),
  }),
  defineMeasure({
    name: 'viewed_seconds',
    topic: curated,
    title: 'Seconds viewed per second, by age band',
    description: 'How many viewers look at an ad at the same time.',
    label: 'age_band',
    values: adAgeBands,
    of: ({ seconds, ageBand }) => (seconds > 0 ? { as: ageBand, by: seconds } : null),
  }),
]
