import { isPlausibleEventTime } from '@millrace/contracts'
import { array, assert, asyncProperty, constantFrom, integer, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AdTargetModel, type Customer, music } from '../contract.ts'
import {
  customerOf,
  type Deed,
  type DisturbedRun,
  distinct,
  disturbances,
  modelOf,
  newest,
  type Row,
  runDisturbed,
  type StoredListen,
  sendingOf,
} from '../test/disturbed.ts'
import { createProfilesTopology } from './profiles.ts'

const { behaviours, predictions, smsRequests } = music.topics
const topology = (log: Parameters<typeof createProfilesTopology>[0]['log']) => createProfilesTopology({ log })
const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10)

const rowOf = (customer: Customer): Row => ({ kind: 'row', to: 'customers', event: customer })
const modelRow = (model: AdTargetModel): Row => ({ kind: 'row', to: 'models', event: model })
const sending = sendingOf({ customers: 5, tracks: 4, gapMinutes: 40 })
const rows = record({
  customer: integer({ min: 0, max: 4 }),
  Level: constantFrom(0, 1, 2),
  Status: constantFrom(0 as const, 1 as const, 1 as const),
}).map(({ customer, ...more }) => rowOf(customerOf(customer, more)))
const modelRows = record({
  version: integer({ min: 1, max: 5 }),
  threshold: constantFrom(0.01, 0.5, 0.9),
  minPlays: integer({ min: 1, max: 4 }),
}).map(({ version, ...more }) => modelRow(modelOf(version, more)))

/** A customer's listens so far, in the order of the log. */
function summaryOf(listens: readonly StoredListen[]) {
  const hourIn = (from: number, to: number) =>
    listens.filter(({ event }) => {
      const hour = Number(event.datetime.slice(11, 13))
      return hour >= from && hour < to
    }).length
  const plausible = listens.filter(({ timeMs, sentMs }) => isPlausibleEventTime(timeMs, sentMs))
  const last = plausible.reduce<StoredListen | undefined>(
    (newest, listen) => (newest && newest.timeMs >= listen.timeMs ? newest : listen),
    undefined,
  )
  return {
    counts: {
      plays: listens.length,
      ...{ morning: hourIn(5, 12), afternoon: hourIn(12, 17), evening: hourIn(17, 22) },
      night: hourIn(0, 5) + hourIn(22, 24),
      mobile: listens.filter(({ event }) => event.ismobile === 1).length,
      tracks: new Set(listens.map(({ event }) => event.track_id)).size,
    },
    last: last ?? null,
    lastMs: last?.timeMs ?? listens[0]!.timeMs,
  }
}

/** What a model says of listens. */
function predicted(listens: readonly StoredListen[], model: AdTargetModel, customer: Customer | undefined) {
  const { counts } = summaryOf(listens)
  const { plays, morning, afternoon, evening, night, mobile, tracks } = counts
  const features = [morning, afternoon, evening, night, mobile, tracks]
  const logit = features.reduce((sum, n, index) => sum + (model.coefficients[index]! * n) / plays, model.intercept)
  const probability = 1 / (1 + Math.exp(-logit))
  const clicks = plays >= model.minPlays && Math.round(probability * 1e6) / 1e6 >= model.threshold
  return { probability, clicks, target: clicks && customer?.Status === 1 && customer.Level < 2 }
}

const byCustomer = (listens: readonly StoredListen[]) =>
  Map.groupBy(distinct(listens), ({ event }) => event.customer_id)

async function expectBehaviour({ driver, listens }: DisturbedRun): Promise<void> {
  const published = newest(await driver.read(behaviours), event => String(event.customer_id))
  const expected = byCustomer(listens)
  expect(published.size).toBe(expected.size)
  for (const [customer, own] of expected) {
    const { counts, lastMs } = summaryOf(own)
    expect(published.get(String(customer))).toMatchObject({
      ...counts,
      ...{ lastListenAt: new Date(lastMs).toISOString(), revision: own.at(-1)!.offset + 1 },
    })
  }
}

type Outcome = { readonly targets: number; readonly days: number }

/** Every day of every customer, and every message, where customers and the model were stored before the first listen. */
async function expectAll(
  { driver, listens }: DisturbedRun,
  model: AdTargetModel,
  rowsById: ReadonlyMap<number, Customer>,
): Promise<Outcome> {
  const days = new Map<string, object>()
  const messages: object[] = []
  for (const [customer_id, own] of byCustomer(listens)) {
    let lastDay = ''
    for (const [index] of own.entries()) {
      const until = own.slice(0, index + 1)
      const { last } = summaryOf(until)
      if (!last) continue
      const day = dayOf(last.timeMs)
      const { probability, clicks, target } = predicted(until, model, rowsById.get(customer_id))
      const expected = { day, customer_id, modelVersion: model.version, clicks, target }
      days.set(`${day} ${customer_id}`, { ...expected, probability: expect.closeTo(probability, 6) })
      if (!target || lastDay >= day) continue
      lastDay = day
      const { eventId: sourceEventId, datetime } = last.event
      messages.push({
        ...{ eventId: `${customer_id}@${day}`, sourceEventId, datetime, campaign: 'ad-target', campaignDay: day },
        ...{ customer_id, modelVersion: model.version, text: expect.stringMatching(/./) },
      })
    }
  }
  const keyOf = ({ day, customer_id }: { day: string; customer_id: number }) => `${day} ${customer_id}`
  const found = newest(await driver.read(predictions), keyOf)
  expect(new Set(found.keys())).toEqual(new Set(days.keys()))
  for (const [key, expected] of days) expect(found.get(key)).toMatchObject(expected)
  const sent = await driver.read(smsRequests)
  const sorted = (all: readonly object[]) =>
    all.toSorted((a, b) => ((a as { eventId: string }).eventId < (b as { eventId: string }).eventId ? -1 : 1))
  expect(sorted(sent)).toEqual(sorted(messages))
  return { targets: messages.length, days: days.size }
}

/** The newest day of each customer, and that messages are justified, whenever customers and models came. */
async function expectNewest({ driver, listens }: DisturbedRun, deeds: readonly Deed[]): Promise<Outcome> {
  const stored = deeds.filter((deed): deed is Row => deed.kind === 'row')
  const newestRow = new Map(
    stored.filter(({ to }) => to === 'customers').map(({ event }) => [(event as Customer).CustID, event as Customer]),
  )
  const allModels = stored.filter(({ to }) => to === 'models').map(({ event }) => event as AdTargetModel)
  const inUse = allModels.reduce<AdTargetModel | null>(
    (best, model) => (model.version > (best?.version ?? 0) ? model : best),
    null,
  )
  const sent = await driver.read(smsRequests)
  expect(new Set(sent.map(({ eventId }) => eventId)).size).toBe(sent.length)
  const isListenOf = ({ event }: StoredListen, id: string, customer: number): boolean =>
    event.eventId === id && event.customer_id === customer
  for (const { eventId, sourceEventId, customer_id, campaignDay } of sent) {
    expect(eventId).toBe(`${customer_id}@${campaignDay}`)
    expect(listens.some(listen => isListenOf(listen, sourceEventId, customer_id))).toBe(true)
  }
  const found = newest(await driver.read(predictions), ({ day, customer_id }) => `${day} ${customer_id}`)
  if (!inUse) expect([...found.keys(), ...sent]).toEqual([])
  const ids = new Set(sent.map(({ eventId }) => eventId))
  for (const [customer_id, own] of byCustomer(listens)) {
    const { last } = summaryOf(own)
    if (!inUse || !last) continue
    const day = dayOf(last.timeMs)
    const { clicks, target, probability } = predicted(own, inUse, newestRow.get(customer_id))
    expect(found.get(`${day} ${customer_id}`)).toMatchObject({
      ...{ modelVersion: inUse.version, clicks, target, probability: expect.closeTo(probability, 6) },
    })
    if (target) expect(ids).toContain(`${customer_id}@${day}`)
  }
  return { targets: sent.length, days: found.size }
}

describe('profiles, whatever the order of listens, duplicates, crashes and rebalances', () => {
  it('equal a plain recomputation', async () => {
    const deed = oneof({ weight: 3, arbitrary: sending }, { weight: 2, arbitrary: disturbances })
    const known = [0, 1, 2, 3].map(id => customerOf(id, { Level: id === 3 ? 2 : id % 2, Status: id === 2 ? 0 : 1 }))
    const model = modelOf(1)
    let targets = 0
    await assert(
      asyncProperty(array(deed, { minLength: 4, maxLength: 16 }), deeds =>
        runDisturbed(topology, [...known.map(rowOf), modelRow(model), ...deeds], async run => {
          await expectBehaviour(run)
          targets += (await expectAll(run, model, new Map(known.map(row => [row.CustID, row])))).targets
        }),
      ),
      { numRuns: 70, endOnFailure: true },
    )
    expect(targets).toBeGreaterThan(20)
  }, 240_000)

  it('follow customers and models that come at any time', async () => {
    const deed = oneof(
      { weight: 4, arbitrary: sending },
      { weight: 3, arbitrary: disturbances },
      { weight: 2, arbitrary: rows },
      { weight: 2, arbitrary: modelRows },
    )
    let targets = 0
    await assert(
      asyncProperty(array(deed, { minLength: 4, maxLength: 18 }), deeds =>
        runDisturbed(topology, deeds, async run => {
          await expectBehaviour(run)
          targets += (await expectNewest(run, deeds)).targets
        }),
      ),
      { numRuns: 90, endOnFailure: true },
    )
    expect(targets).toBeGreaterThan(20)
  }, 240_000)
})
