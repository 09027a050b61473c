import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { hotel } from '../contract.ts'
import { createFunnelTopology } from './funnel.ts'
import { eventOf } from './requests.ts'

const { raw, funnel, funnelLate } = hotel.topics
const MINUTE_MS = 60_000

describe('the funnel to a booking', () => {
  it('counts views of the front page, of places, purchases and refunds, and all events', async () => {
    await using driver = await createTopologyDriver(createFunnelTopology({}))
    const methods = ['/', '/', '/places/0', '/leisure', '/places/7', '/buy/places/0', '/refund', '/', '/sub-home/hotel']
    await driver.pipe(raw, ...methods.map(method => eventOf(method)))
    await driver.advance(4_000)
    expect((await driver.read(funnel)).map(({ revision: _, ...row }) => row)).toEqual([
      {
        ...{ window: '2024-03-24T12:00:00.000Z', gender: 'female', age: '20-29' },
        ...{ views: 3, placeViews: 2, purchases: 1, refunds: 1, events: 9 },
      },
    ])
  })

  it('is by gender and age band and per five minutes; texts that are not known are other', async () => {
    await using driver = await createTopologyDriver(createFunnelTopology({}))
    const some = [
      {},
      { gender: 'male' },
      { age: '60+' },
      { gender: 'f', age: '60+' },
      { age: '27' },
      { gender: '', age: 'x' },
    ]
    for (const { gender = 'female', age = '20-29' } of some)
      await driver.pipe(raw, eventOf('/', 0, { gender: gender || 'unknown', age }))
    await driver.pipe(raw, eventOf('/', 5 * MINUTE_MS - 1), eventOf('/', 5 * MINUTE_MS))
    await driver.advance(4_000)
    const newest = new Map(
      (await driver.read(funnel)).map(({ window, gender, age, views }) => [
        `${window.slice(11, 16)} ${gender} ${age}`,
        views,
      ]),
    )
    expect(Object.fromEntries(newest)).toEqual({
      '12:00 female 20-29': 2,
      '12:00 male 20-29': 1,
      '12:00 female 60+': 1,
      '12:00 other 60+': 1,
      '12:00 female other': 1,
      '12:00 other other': 1,
      '12:05 female 20-29': 1,
    })
  })

  it('counts late events until an hour after the end of their window', async () => {
    await using driver = await createTopologyDriver(createFunnelTopology({}))
    await driver.pipe(raw, eventOf('/'), eventOf('/', 65 * MINUTE_MS - 1), eventOf('/'), eventOf('/', 65 * MINUTE_MS))
    await driver.pipe(raw, eventOf('/'))
    await driver.advance(4_000)
    const noon = (await driver.read(funnel)).filter(({ window }) => window === '2024-03-24T12:00:00.000Z')
    expect(noon.at(-1)).toMatchObject({ views: 2, events: 2 })
    expect(await driver.read(funnelLate)).toMatchObject([{ reason: 'after_grace' }])
  })
})
