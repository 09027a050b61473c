import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { web } from '../contract.ts'
import { createFunnelTopology } from './funnel.ts'
import { createStepsTopology } from './steps.ts'
import { visitEvent } from './visit-events.ts'

const { raw, steps, funnel } = web.topics
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const SITE = 'https://shop.example'

const stepsOf = async (...events: ReturnType<typeof visitEvent>[]) => {
  await using driver = await createTopologyDriver(createStepsTopology({}))
  await driver.pipe(raw, ...events)
  return await driver.read(steps)
}
const namesOf = async (...events: ReturnType<typeof visitEvent>[]): Promise<string[]> =>
  (await stepsOf(...events)).map(({ kind, page }) => `${kind} ${page}`)

describe('steps', () => {
  it('are what a session does for the first time on a page', async () => {
    const click = { eventType: 'click' } as const
    expect(
      await namesOf(
        visitEvent(0),
        visitEvent(1, click),
        visitEvent(2, click),
        visitEvent(3, { current_page: `${SITE}/product?id=7`, previousPage: `${SITE}/` }),
        visitEvent(4, { current_page: `${SITE}/product?id=8`, previousPage: `${SITE}/product` }),
        visitEvent(5, { previousPage: `${SITE}/product` }),
        visitEvent(6, { eventType: 'mouse-move' }),
        visitEvent(7, { eventType: 'page-outline' }),
      ),
    ).toEqual([
      'view shop.example/',
      'enter shop.example/',
      'click shop.example/',
      'view shop.example/product',
      'continue shop.example/',
      'continue shop.example/product',
    ])
  })

  it('of another session and of another browser are other steps', async () => {
    const ids = (await stepsOf(visitEvent(0), visitEvent(1, { sessionId: 'two' }))).map(({ eventId }) => eventId)
    expect(new Set(ids).size).toBe(4)
    const { sessionId: _, ...withoutSession } = visitEvent(0)
    const other = { ...visitEvent(1), user_key: 'another0000000000000' }
    const { sessionId: __, ...otherWithoutSession } = other
    const names = (await stepsOf(withoutSession, otherWithoutSession)).map(({ eventId }) => eventId)
    expect(new Set(names).size).toBe(4)
  })

  it('that come again in a later hour have the same id, and count once', async () => {
    await using driver = await createTopologyDriver(createStepsTopology({}))
    await driver.pipe(raw, visitEvent(59 * MINUTE_MS), visitEvent(61 * MINUTE_MS))
    const published = await driver.read(steps)
    expect(published.map(({ kind }) => kind)).toEqual(['view', 'enter', 'view', 'enter'])
    expect(published.slice(2).map(({ eventId }) => eventId)).toEqual(
      published.slice(0, 2).map(({ eventId }) => eventId),
    )
    await using counting = await createTopologyDriver(createFunnelTopology({}))
    await counting.pipe(steps, ...published)
    await counting.advance(4_000)
    expect((await counting.read(funnel)).at(-1)).toMatchObject({ entered: 1, viewed: 1, events: 2 })
  })

  it('of another day are counted on that day', async () => {
    const days = (await stepsOf(visitEvent(0), visitEvent(24 * HOUR_MS))).map(
      ({ kind, timestamp, eventId }) => [kind, timestamp.slice(0, 10), eventId] as const,
    )
    expect(days.map(([kind, day]) => `${kind} ${day}`)).toEqual([
      'view 2024-03-24',
      'enter 2024-03-24',
      'view 2024-03-25',
      'enter 2024-03-25',
    ])
    expect(new Set(days.map(([, , eventId]) => eventId)).size).toBe(4)
  })

  it('of a late event are told, also where its session was not remembered', async () => {
    const names = await namesOf(visitEvent(2 * HOUR_MS), visitEvent(0, { sessionId: 'before' }))
    expect(names).toEqual(['view shop.example/', 'enter shop.example/', 'view shop.example/', 'enter shop.example/'])
  })
})
