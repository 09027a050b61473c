import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { type WebRaw, web } from './contract.ts'
import { curation } from './curate.ts'

const { raw, curated } = web.topics
const event: WebRaw = {
  eventId: '00000000-0000-4000-8000-000000000001',
  timestamp: '2024-03-24T11:25:29.845Z',
  user_key: 'q8Zt4mXw1LhB7rYc0PnD',
  current_page: 'https://shop.example/',
}

const curatedOf = async (more: Partial<WebRaw>) => {
  await using driver = await createTopologyDriver(curation.createTopology({}))
  await driver.pipe(raw, { ...event, ...more }, { ...event, ...more })
  return await driver.read(curated)
}

describe('curation of web events', () => {
  it('adds page, layout and cell to an event with little in it, once however often it was sent', async () => {
    expect(await curatedOf({})).toEqual([
      {
        ...event,
        ...{ eventType: 'page-view', sessionId: event.user_key, day: '2024-03-24', page: 'shop.example/' },
        ...{ layout: 'desktop', cellX: null, cellY: null },
      },
    ])
  })

  it.each([
    ['https://Shop.Example', 'shop.example/'],
    ['HTTPS://shop.example:8443/Product/?id=7#reviews', 'shop.example:8443/Product'],
    ['http://shop.example?mail=a@b.example', 'shop.example/'],
    ['https://shop.example/#/basket?coupon=secret', 'shop.example/#/basket'],
    ['https://shop.example/app/#!/a/b#c', 'shop.example/app#!/a/b#c'],
    ['https://shop.example/장바구니/', 'shop.example/장바구니'],
  ])('the page of %s is %s', async (address, page) => {
    expect(await curatedOf({ current_page: address })).toMatchObject([{ current_page: address, page }])
  })

  it.each([
    ['click', { link: 'https://else.example/' }],
    ['click', { x: 0, y: 0 }],
    ['page-view', { load_count: 1 }],
    ['mouse-move', { eventType: 'mouse-move', x: 3, y: 4 }],
  ] as const)('knows a %s by %j', async (eventType, more) => {
    expect(await curatedOf(more)).toMatchObject([{ eventType }])
  })

  it.each([
    [0, 0, 0, 0],
    [12, 0, 0, 0],
    [13, 29, 1, 1],
    [1279, 2899, 99, 99],
    [1280, 2900, 99, 99],
    [5000, 99_999, 99, 99],
  ])('of a document of 1280 × 2900 px, the position %d, %d is in the cell %d, %d', async (x, y, cellX, cellY) => {
    const size = { documentWidth: 1280, documentHeight: 2900 }
    expect(await curatedOf({ x, y, ...size })).toMatchObject([{ cellX, cellY }])
  })

  it.each([
    [1, 'phone'],
    [599, 'phone'],
    [600, 'tablet'],
    [1023, 'tablet'],
    [1024, 'desktop'],
  ])('a viewport of %d px has the layout of a %s', async (viewportWidth, layout) => {
    expect(await curatedOf({ viewportWidth })).toMatchObject([{ layout }])
  })
})
