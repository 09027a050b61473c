import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { antenna } from './contract.ts'
import { curation } from './curate.ts'

const { raw, curated } = antenna.topics
const event = {
  eventId: '00000000-0000-4000-8000-000000000001',
  bytes: 9082,
  timestamp: 1_600_545_287,
  app: 'Skype',
  id: '00000000-0000-0000-0000-000000000001',
  antenna_id: '00000000-0000-0000-0000-000000000000',
}

describe('curated antenna events', () => {
  it('have the event time as an instant, the clock hour and the app in capitals; unknown fields stay', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipe(raw, { ...event, mood: { calm: [1.5] } })
    expect(await driver.read(curated)).toEqual([
      {
        ...event,
        mood: { calm: [1.5] },
        app: 'SKYPE',
        datetime: '2020-09-19T19:54:47.000Z',
        hour: '2020-09-19T19:00:00.000Z',
      },
    ])
  })

  it('come once for an event that was sent twice', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipe(raw, event, event, { ...event, eventId: '00000000-0000-4000-8000-000000000002' })
    expect(await driver.read(curated)).toHaveLength(2)
  })

  it('are not made of what cannot be read', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipeBytes(raw.name, event.id, JSON.stringify({ ...event, timestamp: 'noon' }))
    expect(await driver.read(curated)).toEqual([])
    expect(await driver.failed()).toMatchObject([{ code: 'wrong_field', path: '/timestamp' }])
  })
})
