import { assert, asyncProperty, constantFrom, nat, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deedsOf, disturbedRun, newestRows } from '../../test/disturbed-run.ts'
import { type HotelRaw, hotel } from '../contract.ts'
import { createFunnelTopology } from './funnel.ts'
import { createPlacesTopology } from './places.ts'
import { eventOf } from './requests.ts'

const { raw, funnel, places } = hotel.topics
const METHODS = ['/', '/places/0', '/places/7', '/places/8', '/buy/places/0', '/buy/places/7', '/refund', '/flights']

const deeds = deedsOf(
  record({
    method: constantFrom(...METHODS),
    account: constantFrom('ann', 'bob', 'cem', 'dee'),
    gender: constantFrom('female', 'male', 'unknown'),
    /** Minutes since noon: within the hour that every window waits for. */
    minute: nat(59),
  }),
)
const requestOf = ({
  method,
  minute,
  account,
  gender,
}: Record<'method' | 'account' | 'gender', string> & { minute: number }) =>
  eventOf(method, minute * 60_000, { account, gender })

const countOf = (events: readonly HotelRaw[], isCounted: (method: string) => boolean): number =>
  events.filter(({ method }) => isCounted(method)).length
const isPlace = (method: string): boolean => method.startsWith('/places/')
const isPurchase = (method: string): boolean => method.startsWith('/buy/')

describe('aggregates equal a plain recomputation, whatever the order, copies, kills and rebalances', () => {
  it('hotel.funnel', async () => {
    await assert(
      asyncProperty(deeds, async drawn => {
        const parts = { topology: createFunnelTopology({}), source: raw, results: funnel }
        const { sent, published } = await disturbedRun(parts, drawn, requestOf)
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
        expect(newestRows(published, ({ window, gender }) => `${window} ${gender}`)).toEqual(
          Object.fromEntries(expected),
        )
      }),
      { numRuns: 40, endOnFailure: true },
    )
  }, 240_000)

  it('hotel.places', async () => {
    await assert(
      asyncProperty(deeds, async drawn => {
        const parts = { topology: createPlacesTopology({}), source: raw, results: places }
        const { sent, published } = await disturbedRun(parts, drawn, requestOf)
        const clicked = sent.filter(({ method }) => isPlace(method) || isPurchase(method))
        const groups = Map.groupBy(clicked, ({ method }) => Number(method.split('/').at(-1)))
        const expected = [...groups].map(([place, events]) => {
          const counts = { clicks: countOf(events, isPlace), purchases: countOf(events, isPurchase) }
          return [place, { day: '2024-03-24', place, ...counts, events: events.length }]
        })
        expect(newestRows(published, ({ place }) => String(place))).toEqual(Object.fromEntries(expected))
      }),
      { numRuns: 40, endOnFailure: true },
    )
  }, 240_000)
})
