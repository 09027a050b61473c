import { open } from 'node:fs/promises'
import { failedEventsTopic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createEmbeddedEventLog, logError } from '@millrace/event-log'
import { createLogger, ManualClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FakeLog, failAll } from './fake-log.ts'
import { anEvent, startGateway, until } from './gateway-kit.ts'

describe('acknowledgement after durable write', () => {
  it.each([
    ['log_unavailable', 'log_unavailable'],
    ['append_timeout', 'log_timeout'],
    ['log_disk_full', 'log_unavailable'],
    ['log_closed', 'log_unavailable'],
    ['unknown_topic', 'topic_missing'],
  ] as const)('says 503 with Retry-After when the log answers %s', async (error, code) => {
    const { post, log } = await startGateway()
    log.onAppend = failAll(error, { topic: 'lol.raw' })
    const one = await post(anEvent())
    expect(one.json).toMatchObject({ status: 503, code, record: 0 })
    const batch = await post([anEvent(), anEvent()])
    expect(batch.json).toMatchObject({ status: 503, accepted: 0, failed: 2, results: [{ index: 0, status: 503 }, {}] })
    for (const { headers } of [one, batch]) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    log.onAppend = undefined
    expect((await post(anEvent())).status).toBe(200)
  })

  it('says 200 only for the records that are stored, record by record', async () => {
    const { post, log } = await startGateway()
    log.onAppend = async (topic, records, deadlineMs) =>
      (await log.store(topic, records, deadlineMs)).map((result, index) =>
        index === 1 ? { ok: false, error: logError('append_timeout', { topic, partition: 1 }) } : result,
      )
    const reply = await post([anEvent(), anEvent(), anEvent({ x: 'far' }), anEvent()])
    expect(reply.status).toBe(207)
    expect(reply.headers.get('retry-after')).toBe('5')
    expect(reply.json).toMatchObject({
      accepted: 2,
      failed: 2,
      results: [
        { index: 0, status: 200 },
        { index: 1, status: 503, problem: { code: 'log_timeout', record: 1 } },
        { index: 2, status: 422 },
        { index: 3, status: 200 },
      ],
    })
  })

  it('tells the longest wait of the records that may come again', async () => {
    const { post, log } = await startGateway()
    const failures = [logError('append_timeout', { topic: 'lol.raw', partition: 1 }), logError('log_saturated')]
    log.onAppend = async (topic, records, deadlineMs) =>
      (await log.store(topic, records, deadlineMs)).map((result, index) => {
        const error = failures[index]
        return error ? { ok: false, error } : result
      })
    const reply = await post([anEvent(), anEvent(), anEvent()])
    expect(reply.json).toMatchObject({ accepted: 1, failed: 2 })
    expect(reply.headers.get('retry-after')).toBe('5')
  })

  it('waits for the log before it answers', async () => {
    const { post, log } = await startGateway()
    let release = (): void => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    log.onAppend = async (...call) => {
      await held
      return log.store(...call)
    }
    let answered = false
    const reply = post(anEvent()).finally(() => {
      answered = true
    })
    await until('the append has begun', () => log.appends.length > 0)
    const other = await startGateway()
    expect((await other.post(anEvent())).status).toBe(200)
    expect(answered).toBe(false)
    release()
    expect((await reply).status).toBe(200)
  })

  it('answers half a second after the deadline at the latest when the log never does, and forgets the request', async () => {
    const clock = new ManualClock()
    const directory = temporaryDirectory('gateway')
    let isDiskHeld = false
    let releaseDisk = (): void => {}
    const released = new Promise<void>(resolve => {
      releaseDisk = resolve
    })
    const log = await createEmbeddedEventLog({
      directory,
      clock,
      logger: createLogger('log', { level: 'silent' }),
      openFile: async (file, flags) => {
        const handle = await open(file, flags)
        return {
          close: () => handle.close(),
          truncate: size => handle.truncate(size),
          write: (async (...call: Parameters<typeof handle.write>) => {
            isDiskHeld = true
            await released
            return handle.write(...call)
          }) as typeof handle.write,
        }
      },
    })
    onTestFinished(async () => {
      releaseDisk()
      await log.close()
    })
    await log.ensureTopics([lol.topics.raw, lol.topics.truth, failedEventsTopic])
    const { post, registry, stop } = await startGateway({ log, clock, options: { ackDeadlineMs: 3_000 } })
    onTestFinished(() => {
      releaseDisk()
      return stop()
    })
    let answered = false
    const reply = post(anEvent()).finally(() => {
      answered = true
    })
    await until('the append has begun', () => isDiskHeld)
    await clock.advance(2_999)
    expect(answered).toBe(false)
    await clock.advance(501)
    expect((await reply).json).toMatchObject({ status: 503, code: 'log_timeout' })
    expect(await registry.metrics()).toMatch(/in_flight_bytes\{.*\} 0\n/)
  })

  it('gives the log what is left of the deadline', async () => {
    const clock = new ManualClock()
    const { post, log } = await startGateway({ clock, options: { ackDeadlineMs: 3_000 } })
    await post([anEvent(), anEvent({ x: 'far' })])
    expect(log.appends.map(({ deadlineMs }) => deadlineMs)).toEqual([3_000, 3_000])
  })

  it('answers 500 when an append rejects, which the log promises not to do', async () => {
    const { post, log } = await startGateway()
    log.onAppend = () => Promise.reject(new Error('a bug'))
    const reply = await post(anEvent())
    expect(reply.json).toMatchObject({ status: 500, code: 'internal_error' })
    expect(reply.text).not.toContain('a bug')
  })

  it('says 503 also for a refused record that could not be kept, with what is wrong with it', async () => {
    const { post, log } = await startGateway()
    log.onAppend = (topic, records, deadlineMs) =>
      topic === 'failed-events'
        ? failAll('log_unavailable')(topic, records, deadlineMs)
        : log.store(topic, records, deadlineMs)
    const one = await post(anEvent({ x: 'far' }))
    expect(one.json).toMatchObject({
      status: 503,
      code: 'failed_event_not_stored',
      pointer: '/x',
      got: 'the string "far"',
    })
    expect(one.json.detail).toContain('Field /x: got the string "far", expected a number.')
    const mixed = await post([anEvent(), anEvent({ x: 'far' })])
    expect(mixed.status).toBe(207)
    expect(mixed.json.results[1]).toMatchObject({ status: 503 })
    expect((await post('nonsense')).json).toMatchObject({ status: 503, code: 'failed_event_not_stored' })
  })

  it('starts while the log is away, says 503, and serves as soon as it is there', async () => {
    const clock = new ManualClock()
    const log = new FakeLog()
    log.producerFails = logError('log_unavailable', { where: 'kafka:9092', reason: 'refused' })
    const { post, health, lines } = await startGateway({ log, clock })
    expect(health.notReady()).toEqual({
      'ingest-gateway log': 'The event log at kafka:9092 cannot be reached: refused',
    })
    expect((await post(anEvent())).json).toMatchObject({ status: 503, code: 'log_unavailable' })
    await clock.advance(30_000)
    expect(lines.filter(line => line.includes('log_unreachable'))).toHaveLength(1)
    log.producerFails = undefined
    await clock.advance(2_000)
    expect(health.notReady()).toBeNull()
    expect((await post(anEvent())).status).toBe(200)
  })

  it('takes nothing and is not ready before every topic that it writes is there, and is by itself afterwards', async () => {
    const clock = new ManualClock()
    const log = new FakeLog()
    for (const topic of ['lol.truth', 'failed-events', 'lol.curated']) log.absentTopics.add(topic)
    const { post, health, lines } = await startGateway({ log, clock })
    await clock.advance(30_000)
    expect(health.notReady()).toEqual({
      'ingest-gateway log': 'There is no topic lol.truth, failed-events: create it with "millrace topics ensure".',
    })
    expect(health.live()).toBe(true)
    expect(lines.filter(line => line.includes('log_unreachable'))).toHaveLength(1)
    const early = await post(anEvent())
    expect(early.json).toMatchObject({ status: 503, code: 'topic_missing' })
    expect(early.json.detail).toContain('lol.truth, failed-events')
    log.absentTopics.clear()
    await clock.advance(2_000)
    expect(health.notReady()).toBeNull()
    expect((await post(anEvent())).status).toBe(200)
  })

  it('takes nothing and is not ready before every partition that it writes has a leader', async () => {
    const clock = new ManualClock()
    const log = new FakeLog()
    log.leaderlessTopics.add('lol.truth')
    const { post, health } = await startGateway({ log, clock })
    expect(health.notReady()).toEqual({ 'ingest-gateway log': expect.stringContaining('no leader') })
    const early = await post(anEvent())
    expect(early.json).toMatchObject({ status: 503, code: 'log_unavailable' })
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(log.appends).toEqual([])
    log.leaderlessTopics.clear()
    await clock.advance(2_000)
    expect(health.notReady()).toBeNull()
    expect((await post(anEvent())).status).toBe(200)
  })

  it('makes the producer again when it does not know every topic, and is not ready until one does', async () => {
    const clock = new ManualClock()
    const log = new FakeLog()
    log.unknownToProducer.add('lol.raw')
    const { post, health } = await startGateway({ log, clock })
    expect(health.notReady()).toEqual({ 'ingest-gateway log': expect.stringContaining('There is no topic lol.raw') })
    expect((await post(anEvent())).json).toMatchObject({ status: 503, code: 'topic_missing' })
    log.unknownToProducer.clear()
    await clock.advance(2_000)
    expect(health.notReady()).toBeNull()
    expect(log.closedProducers).toBe(log.madeProducers - 1)
  })

  it('is not ready while the log does not answer, and is again afterwards', async () => {
    const clock = new ManualClock()
    const { log, health } = await startGateway({ clock })
    await clock.advance(10)
    expect(health.notReady()).toBeNull()
    log.pingFails = new Error('no broker')
    await clock.advance(6_000)
    expect(health.notReady()).toEqual({ 'ingest-gateway log': 'no broker' })
    log.pingFails = undefined
    await clock.advance(2_000)
    expect(health.notReady()).toBeNull()
    log.ping = () => new Promise(() => {})
    await clock.advance(12_000)
    expect(health.notReady()).toEqual({ 'ingest-gateway log': 'no answer within 4000 ms' })
    expect(log.madeProducers).toBe(1)
  })

  it('stops also while the log neither connects nor refuses, and closes a producer that comes too late', async () => {
    const log = new FakeLog()
    const { producer } = log
    let connect = (): void => {}
    const held = new Promise<void>(resolve => {
      connect = resolve
    })
    log.producer = async () => {
      await held
      return producer.call(log)
    }
    const { post, stop } = await startGateway({ log, awaitLog: false })
    expect((await post(anEvent())).json).toMatchObject({ status: 503, code: 'log_unavailable' })
    await stop()
    connect()
    await until('the late producer is closed', () => log.closedProducers === 1)
  })

  it('answers a fault of its own with 500, a number to look for, and nothing of its inside', async () => {
    const { post, log, lines } = await startGateway()
    log.onAppend = async () => [{ ok: true } as never, null as never]
    const reply = await post([anEvent(), anEvent()])
    expect(reply.json).toMatchObject({ status: 500, code: 'internal_error' })
    expect(reply.text).not.toMatch(/TypeError|\.ts|undefined/)
    const requestId = /under ([0-9a-f-]{36})/.exec(reply.json.detail)?.[1]
    expect(lines.some(line => line.includes(requestId!) && line.includes('request_failed'))).toBe(true)
  })
})
