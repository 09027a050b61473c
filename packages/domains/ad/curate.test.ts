import { createTopologyDriver } from '@millrace/testing'
import { expect, it } from 'vitest'
import { ad } from './contract.ts'
import { curation } from './curate.ts'

const { raw, curated } = ad.topics
const event = {
  eventId: '00000000-0000-4000-8000-000000000001',
  datetime: '2024-03-24T11:25:29.845Z',
  account: 'account_1',
  method: '/view',
  value: 7,
}

it('adds the UTC day to a raw event, once however often it was sent', async () => {
  await using driver = await createTopologyDriver(curation.createTopology({}))
  await driver.pipe(raw, event, event)
  expect(await driver.read(curated)).toEqual([{ ...event, day: '2024-03-24' }])
})
