import { defineMeasure } from '@millrace/contracts'
import { webElements, webEventTypes } from './events.ts'
import { curated } from './topics.ts'

export const measures = [
  defineMeasure({
    name: 'events',
    topic: curated,
    title: 'Events of browsers per second, by type',
    description: 'Page views, clicks, sampled mouse moves and outlines of pages.',
    label: 'type',
    values: webEventTypes,
    of: ({ eventType }) => ({ as: eventType, by: 1 }),
  }),
  defineMeasure({
    name: 'clicks',
    topic: curated,
    title: 'Clicks per second, by what was clicked',
    description: 'Clicks on links, buttons, labelled elements and other elements.',
    label: 'element',
    values: webElements,
    of: ({ eventType, element = 'other' }) => (eventType === 'click' ? { as: element, by: 1 } : null),
  }),
]
