import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { hotel } from './contract.ts'
import { curation } from './curate.ts'

const { raw, curated } = hotel.topics
const event = {
  eventId: '00000000-0000-4000-8000-000000000001',
  id: 'f19dc589-7856-4bae-b5ba-fc9e0bc65aa5',
  ip: '192.168.0.144',
  datetime: '2024-03-26T16:34:00.450Z',
  account: 'testAccount_28',
  method: '/',
  status: 1 as const,
  gender: 'female',
  age: '20-29',
}

async function curate(...methods: string[]) {
  await using driver = await createTopologyDriver(curation.createTopology({}))
  const events = methods.map((method, index) => ({ ...event, method, eventId: event.eventId.slice(0, -1) + index }))
  await driver.pipe(raw, ...events)
  return await driver.read(curated)
}

describe('curated hotel events', () => {
  it.each([
    ['/', null, null, null],
    ['/places/0', 0, null, null],
    ['/places/999999', 999_999, null, null],
    ['/buy/places/0', null, 0, null],
    ['/buy/places/49', null, 49, null],
    ['/refund', null, null, null],
    ['/leisure', null, null, 'leisure'],
    ['/flights', null, null, 'flights'],
    ['/sub-home/hotel', null, null, 'hotel'],
    ['/sub-home/pension', null, null, 'pension'],
    ['/sub-home/residence', null, null, 'residence'],
    ['/sub-home/motel', null, null, 'motel'],
    ['/sub-home/global', null, null, 'global'],
    ['/sub-home/transportation', null, null, 'transportation'],
  ])(
    'of %s have the place viewed %j, the place bought %j and the category %j',
    async (method, click, buy, category) => {
      expect(await curate(method)).toEqual([
        {
          ...{ ...event, method, eventId: '00000000-0000-4000-8000-000000000000', day: '2024-03-26' },
          ...{ clickNum: click, buyNum: buy, category_subhome: category },
        },
      ])
    },
  )

  it('have the misspelled residence put right', async () => {
    expect(await curate('/sub-home/redidence')).toMatchObject([
      { method: '/sub-home/residence', category_subhome: 'residence' },
    ])
  })

  it('keep gender, age and unknown fields as they are, and come once for an event that was sent twice', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    const odd = { ...event, gender: 'Diverse', age: '17', mood: { calm: [1.5] } }
    await driver.pipe(raw, odd, odd)
    expect(await driver.read(curated)).toMatchObject([odd])
  })
})

describe('raw hotel events', () => {
  it.each([
    '/places/',
    '/places/-1',
    '/places/07',
    '/places/1000000',
    '/places/7/',
    '/buy/places',
    '/buy/7',
    '/refund/7',
    '/sub-home',
    '/sub-home/tent',
    'places/7',
    '',
    '//',
  ])('with the method "%s" are refused', method => {
    expect(raw.schema.safeParse({ ...event, method }).success).toBe(false)
  })
})
