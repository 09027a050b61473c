import { type Arbitrary, assert, asyncProperty, constant, constantFrom, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deedsOf, disturbedRun, newestRows } from '../../test/disturbed-run.ts'
import { type WebRaw, type WebStep, web } from '../contract.ts'
import { createFunnelTopology } from './funnel.ts'
import { createHeatTopology } from './heat.ts'
import { createPagesTopology } from './pages.ts'
import { createStepsTopology } from './steps.ts'
import { visitEvent } from './visit-events.ts'

const { raw, heat, pages, steps, funnel } = web.topics
const SITE = 'https://shop.example'
const RUNS = { numRuns: 40, endOnFailure: true }

const visit = record({
  user: constantFrom('ann', 'bob', 'cem'),
  session: constantFrom('1', '2'),
  /** Minutes since noon: within the hour that every window waits for. */
  minute: nat(59),
  page: constantFrom('/', '/product'),
  previous: constantFrom(undefined, '/', '/basket'),
  variant: constantFrom(undefined, 'B'),
  eventType: constantFrom('page-view' as const, 'click' as const, 'mouse-move' as const, 'page-outline' as const),
  element: constantFrom(undefined, 'link' as const, 'button' as const, 'labelled' as const),
  x: oneof({ weight: 4, arbitrary: nat(40) }, { weight: 1, arbitrary: constant(undefined) }),
})
const visits = deedsOf(visit)
type Visit = typeof visit extends Arbitrary<infer Drawn> ? Drawn : never

const eventOf = ({ user, session, minute, page, previous, variant, eventType, element, x }: Visit): WebRaw =>
  visitEvent(minute * 60_000, {
    ...{ user_key: user.padEnd(20, '0'), sessionId: user + session, current_page: SITE + page, eventType },
    ...(previous && { previousPage: SITE + previous }),
    ...(variant && { variant }),
    ...(element && { element }),
    ...(x !== undefined && { x, y: 2 * x }),
    ...{ documentWidth: 30, documentHeight: 90 },
  })

const withoutScheme = (address: string): string => address.slice('https://'.length)
const sum = <T>(items: readonly T[], isCounted: (item: T) => boolean): number => items.filter(isCounted).length

/** The rows that a plain count of groups gives, by name. */
const grouped = <T, Row>(items: readonly T[], nameOf: (item: T) => string, toRow: (items: readonly T[]) => Row) =>
  Object.fromEntries([...Map.groupBy(items, nameOf)].map(([name, group]) => [name, toRow(group)]))

describe('aggregates equal a plain recomputation, whatever the order, copies, kills and rebalances', () => {
  it('web.heat', async () => {
    await assert(
      asyncProperty(visits, async drawn => {
        const parts = { topology: createHeatTopology({}), source: raw, results: heat }
        const { sent, published } = await disturbedRun(parts, drawn, eventOf)
        const placed = sent.filter(
          ({ eventType, x }) => x !== undefined && (eventType === 'click' || eventType === 'mouse-move'),
        )
        const cells = ({ x, y }: WebRaw) => {
          const [cellX, cellY] = [Math.trunc((x! / 30) * 100), Math.trunc((y! / 90) * 100)]
          return { cellX: Math.min(cellX, 99), cellY: Math.min(cellY, 99) }
        }
        const expected = grouped(
          placed,
          event => `${withoutScheme(event.current_page)} ${cells(event).cellX} ${cells(event).cellY}`,
          events => ({
            ...{ page: withoutScheme(events[0]!.current_page), day: '2024-03-24', layout: 'desktop' },
            ...cells(events[0]!),
            clicks: sum(events, ({ eventType }) => eventType === 'click'),
            moves: sum(events, ({ eventType }) => eventType === 'mouse-move'),
            events: events.length,
          }),
        )
        expect(newestRows(published, ({ page, cellX, cellY }) => `${page} ${cellX} ${cellY}`)).toEqual(expected)
      }),
      RUNS,
    )
  }, 240_000)

  it('web.pages', async () => {
    await assert(
      asyncProperty(visits, async drawn => {
        const parts = { topology: createPagesTopology({}), source: raw, results: pages }
        const { sent, published } = await disturbedRun(parts, drawn, eventOf)
        const clicks = (events: readonly WebRaw[], of?: string) =>
          sum(events, ({ eventType, element }) => eventType === 'click' && element === of)
        const expected = grouped(
          sent,
          ({ current_page, variant }) => `${withoutScheme(current_page)} ${variant ?? 'none'}`,
          events => ({
            ...{ hour: '2024-03-24T12:00:00.000Z', page: withoutScheme(events[0]!.current_page) },
            variant: events[0]!.variant ?? 'none',
            views: sum(events, ({ eventType }) => eventType === 'page-view'),
            entries: sum(events, ({ eventType, previousPage }) => eventType === 'page-view' && !previousPage),
            ...{ linkClicks: clicks(events, 'link'), buttonClicks: clicks(events, 'button') },
            ...{ labelledClicks: clicks(events, 'labelled'), otherClicks: clicks(events) },
            moves: sum(events, ({ eventType }) => eventType === 'mouse-move'),
            events: events.length,
          }),
        )
        expect(newestRows(published, ({ page, variant }) => `${page} ${variant}`)).toEqual(expected)
      }),
      RUNS,
    )
  }, 240_000)

  it('web.steps: each of them at least once, under one id, and no other', async () => {
    await assert(
      asyncProperty(visits, async drawn => {
        const parts = { topology: createStepsTopology({}), source: raw, results: steps }
        const { sent, published } = await disturbedRun(parts, drawn, eventOf)
        const expected = sent.flatMap(({ sessionId, eventType, current_page, previousPage }) => {
          const stepOf = (kind: string, page: string) => `${sessionId} ${kind} ${withoutScheme(page)}`
          if (eventType === 'click') return [stepOf('click', current_page)]
          if (eventType !== 'page-view') return []
          const before = previousPage ?? ''
          const isOther = before !== '' && before !== current_page
          return [
            stepOf('view', current_page),
            ...(before === '' ? [stepOf('enter', current_page)] : isOther ? [stepOf('continue', before)] : []),
          ]
        })
        const sessions = new Map(sent.map(({ eventId, sessionId }) => [eventId, sessionId]))
        const nameOf = ({ sourceEventId, kind, page }: WebStep) => `${sessions.get(sourceEventId)} ${kind} ${page}`
        expect(new Set(published.map(nameOf))).toEqual(new Set(expected))
        expect(new Set(published.map(({ eventId }) => eventId)).size).toBe(new Set(expected).size)
      }),
      RUNS,
    )
  }, 240_000)

  it('web.funnel', async () => {
    const step = deedsOf(
      record({
        user: constantFrom('ann', 'bob', 'cem'),
        minute: nat(59),
        page: constantFrom('/', '/product'),
        kind: constantFrom('enter' as const, 'view' as const, 'click' as const, 'continue' as const),
      }),
    )
    let count = 0
    await assert(
      asyncProperty(step, async drawn => {
        const parts = { topology: createFunnelTopology({}), source: steps, results: funnel }
        const { sent, published } = await disturbedRun(parts, drawn, ({ user, minute, page, kind }) => ({
          eventId: `00000000-0000-5000-8000-${String(++count).padStart(12, '0')}`,
          sourceEventId: '00000000-0000-4000-8000-000000000001',
          ...{ user_key: user.padEnd(20, '0'), page, variant: 'none', kind },
          timestamp: new Date(Date.UTC(2024, 2, 24, 12, minute)).toISOString(),
        }))
        const countOf = (events: readonly WebStep[], kind: string) => sum(events, event => event.kind === kind)
        const expected = grouped(
          sent,
          ({ page }) => page,
          events => ({
            ...{ day: '2024-03-24', page: events[0]!.page, variant: 'none', events: events.length },
            ...{ entered: countOf(events, 'enter'), viewed: countOf(events, 'view') },
            ...{ clicked: countOf(events, 'click'), continued: countOf(events, 'continue') },
          }),
        )
        expect(newestRows(published, ({ page }) => page)).toEqual(expected)
      }),
      RUNS,
    )
  }, 240_000)
})
