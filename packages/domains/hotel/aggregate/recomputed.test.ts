import type { EventOf, Topic } from '@millrace/contracts'
import type { Topology } from '@millrace/stream'
import { createTopologyDriver } from '@millrace/testing'
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HotelRaw, hotel } from '../contract.ts'
import { createFunnelTopology } from './funnel.ts'
import { createPlacesTopology } from './places.ts'
import { eventOf } from './requests.ts'

const { raw, funnel, places } = hotel.topics
const METHODS = ['/', '/places/0', '/places/7', '/places/8', '/buy/places/0', '/buy/places/7', '/refund', '/flights']

type Deed =
  | { readonly kind: 'send'; readonly events: readonly Sent[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'crash' | 'restart' | 'rebalance' }

interface Sent {
  readonly method: string
  readonly account: string
  readonly gender: string
  /** Minutes since noon: within the hour that every window waits for. */
  readonly minute: number
  /** How many events ago it was sent first; 0 is a new one. */
  readonly copyOf: number
}

const sent: Arbitrary<Sent> = record({
  method: constantFrom(...METHODS),
  account: constantFrom('ann', 'bob', 'cem', 'dee'),
  gender: constantFrom('female', 'male', 'unknown'),
  minute: nat(59),
  copyOf: oneof({ weight: 4, arbitrary: constant(0) }, { weight: 1, arbitrary: integer({ min: 1, max: 6 }) }),
})
const deed: Arbitrary<Deed> = oneof(
  {
    weight: 5,
    arbitrary: record({ kind: constant('send' as const), events: array(sent, { minLength: 1, maxLength: 12 }) }),
  },
  { weight: 3, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
  { weight: 3, arbitrary: record({ kind: constantFrom('crash' as const, 'restart' as const, 'rebalance' as const) }) },
)

/** Sends events in any order and several times to a topology that is killed and loses its partitions; returns what was sent, once each. */
async function live<Results extends Topic>(topology: Topology, results: Results, deeds: readonly Deed[]) {
  await using driver = await createTopologyDriver(topology)
  const all: HotelRaw[] = []
  for (const step of deeds) {
    if (step.kind === 'send')
      for (const { method, account, gender, minute, copyOf } of step.events) {
        const event = (copyOf > 0 && all.at(-copyOf)) || eventOf(method, minute * 60_000, { account, gender })
        all.push(event)
        await driver.pipe(raw, event)
      }
    else if (step.kind === 'wait') await driver.advance(step.ms)
    else if (step.kind === 'rebalance') await driver.rebalance()
    else {
      if (step.kind === 'crash') await driver.crash()
      await driver.restart()
    }
  }
  await driver.advance(4_000)
  return { sent: [...new Set(all)], published: (await driver.read(results)) as EventOf<Results>[] }
}

/** Of each name the row of the highest revision, without the revision. */
function newest<Row extends { readonly revision: number }>(rows: readonly Row[], nameOf: (row: Row) => string) {
  const found = new Map<string, Row>()
  for (const row of rows) if (row.revision >= (found.get(nameOf(row))?.revision ?? 0)) found.set(nameOf(row), row)
  return Object.fromEntries([...found].map(([name, { revision: _, ...row }]) => [name, row]))
}

const countOf = (events: readonly HotelRaw[], isCounted: (method: string) => boolean): number =>
  events.filter(({ method }) => isCounted(method)).length
const isPlace = (method: string): boolean => method.startsWith('/places/')
const isPurchase = (method: string): boolean => method.startsWith('/buy/')

describe('aggregates equal a plain recomputation, whatever the order, copies, kills and rebalances', () => {
  it('hotel.funnel', async () => {
    await assert(
      asyncProperty(array(deed, { minLength: 3, maxLength: 12 }), async deeds => {
        const { sent, published } = await live(createFunnelTopology({}), funnel, deeds)
        const groups = Map.groupBy(sent, ({ datetime, gender }) => {
          const startMs = Math.floor(Date.parse(datetime) / 300_000) * 300_000
          return `${new Date(startMs).toISOString()} ${gender === 'unknown' ? 'other' : gender}`
        })
        const expected = [...groups].map(([name, events]) => {
          const [window, gender] = name.split(' ')
          const counts = {
            views: countOf(events, method => method === '/'),
            placeViews: countOf(events, isPlace),
            purchases: countOf(events, isPurchase),
            refunds: countOf(events, method => method === '/refund'),
          }
          return [name, { window, gender, age: '20-29', ...counts, events: events.length }]
        })
        expect(newest(published, ({ window, gender }) => `${window} ${gender}`)).toEqual(Object.fromEntries(expected))
      }),
      { numRuns: 40, endOnFailure: true },
    )
  }, 240_000)

  it('hotel.places', async () => {
    await assert(
      asyncProperty(array(deed, { minLength: 3, maxLength: 12 }), async deeds => {
        const { sent, published } = await live(createPlacesTopology({}), places, deeds)
        const clicked = sent.filter(({ method }) => isPlace(method) || isPurchase(method))
        const groups = Map.groupBy(clicked, ({ method }) => Number(method.split('/').at(-1)))
        const expected = [...groups].map(([place, events]) => {
          const counts = { clicks: countOf(events, isPlace), purchases: countOf(events, isPurchase) }
          return [place, { day: '2024-03-24', place, ...counts, events: events.length }]
        })
        expect(newest(published, ({ place }) => String(place))).toEqual(Object.fromEntries(expected))
      }),
      { numRuns: 40, endOnFailure: true },
    )
  }, 240_000)
})
