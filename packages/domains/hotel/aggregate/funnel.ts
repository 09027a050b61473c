import { type AgeBand, ageBands, createInstantWriter, makerOf } from '@millrace/contracts'
import { createWindowedAggregation, type Group, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { genders, type HotelRaw, hotel, OTHER } from '../contract.ts'
import { readMethod } from '../read-method.ts'

const WINDOW_MS = 300_000
/** How long after its end a window still counts events. */
const GRACE_MS = 3_600_000

const { raw, funnel, funnelPartials, funnelLate } = hotel.topics
const writeInstant = createInstantWriter()

type KnownGender = (typeof genders)[number] | typeof OTHER
type KnownAge = AgeBand | typeof OTHER

/** A list with one group for each gender and age band, made once. Texts that clients make up are one group. */
const GROUPS = new Map<string, ReadonlyMap<string, readonly Group[]>>(
  [...genders, OTHER].map(gender => [gender, new Map([...ageBands, OTHER].map(age => [age, [[gender, age]]]))]),
)
const groupsOf = ({ gender, age }: HotelRaw): readonly Group[] => {
  const byAge = GROUPS.get(gender) ?? GROUPS.get(OTHER)!
  return byAge.get(age) ?? byAge.get(OTHER)!
}

const NONE = { views: 0, placeViews: 0, purchases: 0, refunds: 0 }
type Steps = Readonly<typeof NONE>

function addStep(steps: Steps, { method }: HotelRaw): Steps {
  const { kind } = readMethod(method)
  if (kind === 'category') return steps
  return {
    views: steps.views + Number(kind === 'view'),
    placeViews: steps.placeViews + Number(kind === 'place'),
    purchases: steps.purchases + Number(kind === 'purchase'),
    refunds: steps.refunds + Number(kind === 'refund'),
  }
}

const mergeSteps = (a: Steps, b: Steps): Steps => ({
  views: a.views + b.views,
  placeViews: a.placeViews + b.placeViews,
  purchases: a.purchases + b.purchases,
  refunds: a.refunds + b.refunds,
})

/** hotel.raw → hotel.funnel: the steps to a booking per five minutes, by gender and age band. */
export const createFunnelTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    name: makerOf(funnel),
    service: 'aggregator',
    source: raw,
    partials: funnelPartials,
    results: funnel,
    late: funnelLate,
    windowMs: WINDOW_MS,
    graceMs: GRACE_MS,
    groupsOf,
    zero: NONE,
    add: addStep,
    merge: mergeSteps,
    toEvent: ({ windowMs, group: [gender, age], events, result, revision }) => ({
      window: writeInstant(windowMs),
      gender: gender as KnownGender,
      age: age as KnownAge,
      ...result,
      events,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
