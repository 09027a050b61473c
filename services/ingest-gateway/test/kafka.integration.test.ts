import { failedEventsTopic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createKafkaEventLog } from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import { openStack } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { expect, it, onTestFinished } from 'vitest'
import { anEvent, startGateway, until } from './gateway-kit.ts'

const ACK_DEADLINE_MS = 3_000

describeOnStack('the gateway over Kafka', ['kafka'], stack => {
  it('says 503 inside the deadline while the brokers are frozen, and serves again without a restart', async () => {
    const servers = await openStack(stack.directory)
    const brokers = servers!.servers.filter(({ name }) => name.startsWith('kafka'))
    onTestFinished(async () => {
      for (const broker of brokers) await broker.thaw()
    })
    const logger = createLogger('gateway-test', { level: 'silent' })
    const log = createKafkaEventLog({
      brokers: stack.kafka.brokers,
      clientId: 'gateway-test',
      clock: systemClock,
      logger,
    })
    onTestFinished(() => log.close())
    await log.ensureTopics([lol.topics.raw, lol.topics.truth, failedEventsTopic])
    const { post, health } = await startGateway({ log, options: { ackDeadlineMs: ACK_DEADLINE_MS } })
    await until('the gateway is ready', () => health.notReady() === null)
    const acknowledged: { eventId: string; partition: number; offset: number }[] = []
    const send = async () => {
      const startedMs = systemClock.now()
      const reply = await post(Array.from({ length: 50 }, (_, index) => anEvent({ account: `a${index}` })))
      for (const result of reply.json.results) if (result.status === 200) acknowledged.push(result)
      return { reply, tookMs: systemClock.now() - startedMs }
    }
    expect((await send()).reply.status).toBe(200)

    for (const broker of brokers) await broker.freeze()
    const frozen = await Promise.all([send(), send(), send()])
    for (const { reply, tookMs } of frozen) {
      expect(reply.status).toBe(503)
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(reply.json.results[0].problem.code).toMatch(/^log_(timeout|unavailable)$/)
      expect(tookMs).toBeLessThan(ACK_DEADLINE_MS + 5_000)
    }
    await until('the gateway is not ready', () => health.notReady() !== null)

    for (const broker of brokers) await broker.thaw()
    await until('the gateway takes events again', async () => (await send()).reply.status === 200)
    await until('the gateway is ready again', () => health.notReady() === null)

    const stored = new Map<string, string>()
    for (const { partition, earliest, end } of await log.range('lol.raw'))
      for await (const records of log.read('lol.raw', partition, earliest, end))
        for (const { offset, value } of records)
          stored.set(`${partition}/${offset}`, JSON.parse(value.toString()).eventId)
    for (const { eventId, partition, offset } of acknowledged)
      expect(stored.get(`${partition}/${offset}`)).toBe(eventId)
    expect(acknowledged.length).toBeGreaterThanOrEqual(100)
  })
})
