import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { type AdRaw, ad } from './contract.ts'
import { curation } from './curate.ts'

const { raw, curated } = ad.topics
const event: AdRaw = {
  eventId: '00000000-0000-4000-8000-000000000001',
  datetime: '2024-03-24T11:25:29.845Z',
  Ad: { ad_id: 'a1', ad_name: '달빛 독서대', viewing_time: 0 },
  User: { account: 'testAccount_1', gender: 'female', age: 36, view: true, click: false },
}

const curatedOf = async (changed: Partial<AdRaw>) => {
  await using driver = await createTopologyDriver(curation.createTopology({}))
  await driver.pipe(raw, { ...event, ...changed }, { ...event, ...changed })
  return await driver.read(curated)
}

describe('curation of ads', () => {
  it('adds the columns that the aggregates group by, once however often the event was sent', async () => {
    expect(await curatedOf({})).toEqual([
      {
        ...event,
        day: '2024-03-24',
        minute: '2024-03-24T11:25:00.000Z',
        kind: 'view-start',
        ad_id: 'a1',
        account: 'testAccount_1',
        gender: 'female',
        ageBand: '30-39',
        seconds: 0,
      },
    ])
  })

  it.each([
    ['view-start', 0, {}, {}],
    ['view-end', 12.5, { viewing_time: 12.5 }, {}],
    ['view-end', 0.001, { viewing_time: 0.0012 }, {}],
    ['click', 0, { viewing_time: 12.5 }, { click: true }],
    ['click', 0, {}, { click: true, view: false }],
    ['impression', 0, { viewing_time: 3 }, { view: false }],
  ] as const)('knows a %s of %d s by the flags', async (kind, seconds, inAd, inUser) => {
    const changed = { Ad: { ...event.Ad, ...inAd }, User: { ...event.User, ...inUser } }
    expect(await curatedOf(changed)).toMatchObject([{ kind, seconds }])
  })

  it('believes a kind that is said outright, also without flags', async () => {
    const { view: _, click: __, ...User } = event.User
    const Ad = { ad_id: 'a1', viewing_time: 7 }
    expect(await curatedOf({ kind: 'view-end', Ad, User })).toMatchObject([{ kind: 'view-end', seconds: 7 }])
    expect(await curatedOf({ kind: 'click', Ad, User })).toMatchObject([{ kind: 'click', seconds: 0 }])
    expect(await curatedOf({ Ad, User })).toMatchObject([{ kind: 'impression', seconds: 0 }])
  })

  it('has a band for every age and a gender for every text', async () => {
    const bandOf = async (age: number) => (await curatedOf({ User: { ...event.User, age } }))[0]!.ageBand
    expect(await Promise.all([0, 19, 20, 59, 60, 150].map(bandOf))).toEqual([
      'under-20',
      'under-20',
      '20-29',
      '50-59',
      '60+',
      '60+',
    ])
    const genderOf = async (gender: string) => (await curatedOf({ User: { ...event.User, gender } }))[0]!.gender
    expect(await Promise.all(['female', 'male', '여성'].map(genderOf))).toEqual(['female', 'male', 'other'])
  })

  it('takes the time of receipt for an event without a time', async () => {
    const { datetime: _, ...timeless } = event
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipe(raw, { ...timeless, receivedAt: '2024-03-24T23:59:59.999Z' })
    expect(await driver.read(curated)).toMatchObject([
      { datetime: '2024-03-24T23:59:59.999Z', minute: '2024-03-24T23:59:00.000Z', day: '2024-03-24' },
    ])
  })
})
