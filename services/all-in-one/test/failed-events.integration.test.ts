import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { FailedEvent } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { createKafkaEventLog } from '@millrace/event-log'
import { createGateway, createKey, createKeyStore } from '@millrace/ingest-gateway'
import { createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { describeOnStack } from '@millrace/testing/vitest'
import { expect, it, onTestFinished, vi } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const TOPICS = [...catalog.routes.values()].map(({ name }) => name)
const clock = systemClock
const logger = createLogger('test', { level: 'silent' })

describeOnStack('failed events in Kafka', ['kafka'], stack => {
  async function millrace(...args: string[]) {
    const terminal = captureTerminal()
    const code = await runCli(args, {
      terminal,
      stdin: Readable.from([]),
      signal: new AbortController().signal,
      environment: {},
      clock,
    })
    return { code, lines: terminal.printed, err: terminal.said.join('\n') }
  }

  it('are listed, exported, corrected and replayed, also as the event that a failed one was derived from', async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'failed-kafka-'))
    const { brokers } = stack.kafka
    const log = createKafkaEventLog({ brokers: [...brokers], clientId: 'failed-test', clock, logger })
    onTestFinished(async () => {
      await log.close()
      rmSync(directory, { recursive: true, force: true })
    })
    await log.ensureTopics(catalog.topics)
    const keysFile = path.join(directory, 'keys.json')
    const { key } = await createKey(keysFile, { name: 'test', topics: ['lol.raw'] }, { topics: TOPICS })
    const keys = createKeyStore({ file: keysFile, topics: TOPICS, clock, logger })
    const health = createHealth()
    const gateway = createGateway({
      catalog,
      clock,
      logger,
      metrics: createServiceMetrics('gateway-test', { processMetrics: false }),
      health,
      log,
      keys,
      options: { host: '127.0.0.1', port: 0 },
    })
    await keys.start()
    await gateway.start()
    onTestFinished(async () => {
      await gateway.stop()
      await keys.stop()
    })
    await vi.waitFor(() => expect(health.notReady()).toBeNull(), { timeout: 30_000 })

    // Other tests use the same topics: what is ours is known by its account.
    const account = `failed-${randomUUID()}`
    const eventId = randomUUID()
    const event = {
      ...{ eventId, datetime: '2024-03-24T11:25:29.845Z', method: '/move', ingametime: '0:0', ip: '192.168.0.50' },
      ...{ x: 'far', y: -351, deathCount: 0, id: '1', inputkey: 'b', account, champion: 'Vex', status: 0 },
    }
    const since = new Date(clock.now() - 1000).toISOString()
    const answer = await fetch(`${gateway.address}/v1/events/lol`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(event),
    })
    expect(answer.status).toBe(422)

    const place = ['--stack', stack.directory, '--since', since]
    const listed = await millrace('failed', 'list', '--json', ...place)
    const failure = listed.lines.map(line => JSON.parse(line)).find(({ key: of }) => of === account)
    expect(failure).toMatchObject({ code: 'invalid_field', path: '/x', record: event })
    const shown = await millrace('failed', 'show', failure.eventId, '--stack', stack.directory)
    expect(shown.lines).toContain(JSON.stringify(event))

    const file = path.join(directory, 'refused.ndjson')
    expect((await millrace('failed', 'export', file, ...place)).code).toBe(0)
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .find(text => text.includes(account))!
    writeFileSync(file, line.replace('"x":"far"', '"x":5'))
    const replayed = await millrace('failed', 'replay', file, '--url', gateway.address, '--api-key', key, '--json')
    expect(replayed.code).toBe(0)
    expect(JSON.parse(replayed.lines[0]!)).toMatchObject({ outcome: 'accepted', eventId })

    const failedAtMart: FailedEvent = {
      eventId: `lol.curated:0:${clock.now()}:mart`,
      datetime: new Date(clock.now()).toISOString(),
      ...{ service: 'mart-writer', stage: 'sink', sink: 'mart', code: 'unfit_value', message: 'none', path: null },
      ...{ domain: 'lol', topic: 'lol.curated', partition: 0, offset: clock.now(), sourceEventId: eventId },
      key: Buffer.from(account).toString('base64'),
      payload: Buffer.from(JSON.stringify({ ...event, x: 5, roomDay: '2024-03-24' })).toString('base64'),
    }
    const producer = await log.producer({ clientId: 'failed-test' })
    const record = {
      key: Buffer.from(failedAtMart.eventId),
      value: Buffer.from(JSON.stringify(failedAtMart)),
      timestampMs: clock.now(),
    }
    expect(await producer.append('failed-events', [record], { deadlineMs: 60_000 })).toMatchObject([{ ok: true }])
    await producer.close()
    const derived = await millrace('failed', 'export', '-', '--sink', 'mart', ...place)
    const source = derived.lines.map(text => JSON.parse(text)).find(({ key: of }) => of === account)
    expect(source).toMatchObject({
      id: expect.stringMatching(/^lol\.raw:\d+:\d+$/),
      topic: 'lol.raw',
      record: { ...event, x: 5 },
      notBefore: expect.any(String),
    })
    expect(source.record).not.toHaveProperty('roomDay')
  })
})
