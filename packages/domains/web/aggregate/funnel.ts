import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createWindowedAggregation, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { type WebStep, web } from '../contract.ts'
import { DAY_MS, GRACE_MS } from './lateness.ts'

const { steps, funnel, funnelPartials, funnelLate } = web.topics
const writeInstant = createInstantWriter()

const NONE = { entered: 0, viewed: 0, clicked: 0, continued: 0 }
type Sessions = Readonly<typeof NONE>

const addStep = (sessions: Sessions, { kind }: WebStep): Sessions => ({
  entered: sessions.entered + Number(kind === 'enter'),
  viewed: sessions.viewed + Number(kind === 'view'),
  clicked: sessions.clicked + Number(kind === 'click'),
  continued: sessions.continued + Number(kind === 'continue'),
})

const mergeSessions = (a: Sessions, b: Sessions): Sessions => ({
  entered: a.entered + b.entered,
  viewed: a.viewed + b.viewed,
  clicked: a.clicked + b.clicked,
  continued: a.continued + b.continued,
})

/** web.steps → web.funnel: sessions of each page per UTC day and variant. A step that is published again has the same id and counts once. */
export const createFunnelTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    name: makerOf(funnel),
    service: 'aggregator',
    source: steps,
    partials: funnelPartials,
    results: funnel,
    late: funnelLate,
    windowMs: DAY_MS,
    graceMs: GRACE_MS,
    groupsOf: ({ page, variant }) => [[page, variant]],
    zero: NONE,
    add: addStep,
    merge: mergeSessions,
    toEvent: ({ windowMs, group: [page, variant], events, result, revision }) => ({
      day: writeInstant(windowMs).slice(0, 10),
      page: page!,
      variant: variant!,
      ...result,
      events,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
