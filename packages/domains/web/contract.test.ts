import type { EventOf, Topic } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import { type WebRaw, web, webRaw } from './contract.ts'

const { curated, heat, pages, funnel } = web.topics
const TIME_MS = Date.UTC(2024, 2, 24, 12, 5, 1)
const day = '2024-03-24'
const page = 'shop.example/'

const rowsOf = <T extends Topic>(topic: T, event: EventOf<T>) =>
  web.mappings.filter(mapping => mapping.topic === (topic as Topic)).map(mapping => mapping.toRow(event as never))

const event = {
  ...{ eventId: '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11', timestamp: '2024-03-24T12:05:01.000Z' },
  ...{ user_key: 'q8Zt4mXw1LhB7rYc0PnD', current_page: 'https://shop.example/' },
}
const derived = { sessionId: 's', day, page, layout: 'phone', cellX: null, cellY: null } as const

describe('rows of the mart', () => {
  it('of an event have its event time as write time, and null for what it does not have', () => {
    const [row, outline] = rowsOf(curated, { ...event, ...derived, eventType: 'page-view' })
    expect(row).toMatchObject({
      writeTimeMicros: TIME_MS * 1000,
      values: {
        day,
        user_key: event.user_key,
        timestamp: TIME_MS,
        event_id: event.eventId,
        page,
        x: null,
        label: null,
      },
    })
    expect(outline).toBeNull()
  })

  it('of an outline are one for each page and layout, the newest of which counts', () => {
    const boxes = [{ tag: 'h1', x: 0, y: 10, width: 300, height: 40 }]
    const size = { documentWidth: 390, documentHeight: 2600 }
    const outlined = { ...event, ...derived, ...size, eventType: 'page-outline' as const, outline: boxes }
    expect(rowsOf(curated, outlined)[1]).toEqual({
      writeTimeMicros: TIME_MS * 1000,
      values: {
        ...{ page, layout: 'phone', seen_at: TIME_MS, boxes: JSON.stringify(boxes) },
        ...{ document_width: 390, document_height: 2600 },
      },
    })
  })

  it('of aggregates have their revision as write time, so that corrections win in any order', () => {
    const counted = { events: 9, revision: 17 }
    expect(rowsOf(heat, { page, day, layout: 'phone', cellX: 3, cellY: 99, clicks: 7, moves: 2, ...counted })).toEqual([
      {
        writeTimeMicros: 17,
        values: { page, day, layout: 'phone', cell_x: 3, cell_y: 99, clicks: 7, moves: 2, ...counted },
      },
    ])
    const hour = '2024-03-24T12:00:00.000Z'
    const clicks = { linkClicks: 1, buttonClicks: 2, labelledClicks: 3, otherClicks: 4 }
    expect(rowsOf(pages, { hour, page, variant: 'B', views: 5, entries: 1, ...clicks, moves: 0, ...counted })).toEqual([
      {
        writeTimeMicros: 17,
        values: {
          ...{ page, day, hour: Date.parse(hour), variant: 'B', views: 5, entries: 1, moves: 0 },
          ...{ link_clicks: 1, button_clicks: 2, labelled_clicks: 3, other_clicks: 4, ...counted },
        },
      },
    ])
    const sessions = { day, page, variant: 'none', entered: 1, viewed: 4, clicked: 3, continued: 2, ...counted }
    expect(rowsOf(funnel, sessions)).toEqual([{ writeTimeMicros: 17, values: sessions }])
  })
})

describe('an event of a browser', () => {
  it.each([
    ['token', 'mr_08ad19c388_secret', 'never send an API key'],
    ['user_key', 'short', 'expected 20 letters and digits'],
    ['current_page', '/product', 'expected an address that begins with http:// or https://'],
    ['current_page', 'https://', 'expected an address that begins with http:// or https://'],
    ['timestamp', 'yesterday', 'expected an ISO-8601 UTC instant'],
  ] as const)('is refused with the %s %s', (field, value, reason) => {
    const result = webRaw.safeParse({ ...event, [field]: value } satisfies WebRaw)
    expect(result.error?.issues).toMatchObject([{ path: [field], message: expect.stringContaining(reason) }])
  })

  it('keeps fields that the contract does not know', () => {
    expect(webRaw.parse({ ...event, campaign: 'spring' })).toEqual({ ...event, campaign: 'spring' })
  })
})
