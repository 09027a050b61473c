import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { failedEventsTopic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createEmbeddedEventLog, type EventLog } from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anEvent, ndjson, startGateway, until } from './gateway-kit.ts'

async function openLog(): Promise<EventLog> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'millrace-gateway-'))
  const log = await createEmbeddedEventLog({
    directory,
    clock: systemClock,
    logger: createLogger('log', { level: 'silent' }),
  })
  onTestFinished(async () => {
    await log.close()
    await rm(directory, { recursive: true, force: true })
  })
  return log
}

describe('the gateway over a real log', () => {
  it('answers with the places at which the records are then found', async () => {
    const log = await openLog()
    await log.ensureTopics([lol.topics.raw, lol.topics.truth, failedEventsTopic])
    const { post } = await startGateway({ log })
    const events = Array.from({ length: 500 }, (_, index) => anEvent({ account: `a${index % 40}` }))
    const body = ndjson([...events, { ...events[0], x: 'far' }])
    const reply = await post(body, { type: 'application/x-ndjson' })
    expect(reply.json).toMatchObject({ accepted: 500, failed: 1 })

    const found = new Map<string, string>()
    for (const { partition, earliest, end } of await log.range('lol.raw'))
      for await (const records of log.read('lol.raw', partition, earliest, end))
        for (const { offset, value } of records) found.set(`${partition}/${offset}`, value.toString())
    for (const { index, partition, offset } of reply.json.results.slice(0, 500))
      expect(found.get(`${partition}/${offset}`)).toBe(JSON.stringify(events[index]))
    expect(found.size).toBe(500)
    const kept = await log.range('failed-events')
    expect(kept.reduce((sum, { earliest, end }) => sum + end - earliest, 0)).toBe(1)
  })

  it('says which topics are missing, and takes events as soon as they are there', async () => {
    const log = await openLog()
    await log.ensureTopics([lol.topics.raw])
    const { post, health } = await startGateway({ log })
    const reply = await post(anEvent())
    expect(reply.json).toMatchObject({ status: 503, code: 'topic_missing' })
    expect(reply.json.detail).toContain('lol.truth, failed-events')
    await log.ensureTopics([lol.topics.truth, failedEventsTopic])
    await until('the gateway is ready', () => health.notReady() === null)
    expect((await post(anEvent())).status).toBe(200)
  })
})
