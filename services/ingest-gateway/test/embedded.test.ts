import { failedEventsTopic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { describe, expect, it } from 'vitest'
import { openEmbeddedLog, recordsOf } from './embedded-log.ts'
import { anEvent, ndjson, startGateway, until } from './gateway-kit.ts'

describe('the gateway over a real log', () => {
  it('answers with the places at which the records are then found', async () => {
    const log = await openEmbeddedLog()
    const { post } = await startGateway({ log })
    const events = Array.from({ length: 500 }, (_, index) => anEvent({ account: `a${index % 40}` }))
    const body = ndjson([...events, { ...events[0], x: 'far' }])
    const reply = await post(body, { type: 'application/x-ndjson' })
    expect(reply.json).toMatchObject({ accepted: 500, failed: 1 })

    const found = new Map<string, string>()
    for (const { partition, offset, value } of await recordsOf(log, 'lol.raw'))
      found.set(`${partition}/${offset}`, value.toString())
    for (const { index, partition, offset } of reply.json.results.slice(0, 500))
      expect(found.get(`${partition}/${offset}`)).toBe(JSON.stringify(events[index]))
    expect(found.size).toBe(500)
    expect(await recordsOf(log, 'failed-events')).toHaveLength(1)
  })

  it('says which topics are missing, and takes events as soon as they are there', async () => {
    const log = await openEmbeddedLog([lol.topics.raw])
    const { post, health } = await startGateway({ log })
    const reply = await post(anEvent())
    expect(reply.json).toMatchObject({ status: 503, code: 'topic_missing' })
    expect(reply.json.detail).toContain('lol.truth, failed-events')
    await log.ensureTopics([lol.topics.truth, failedEventsTopic])
    await until('the gateway is ready', () => health.notReady() === null)
    expect((await post(anEvent())).status).toBe(200)
  })
})
