import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { reconcileOnce } from '@millrace/reconciler'
import { createLogger, systemClock } from '@millrace/runtime'
import { type ServiceProcess, type Stack, startStack, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ensurePlatform, openServerPlatform } from '../src/platform.ts'
import { type Answer, groupsOf, SERVICES, type ServiceName, startServices, writeLedger } from './service-processes.ts'

const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }) }
const ACK_DEADLINE_MS = 4_000
const OUTAGE_MS = 60_000
/** For machines that are busy with the rest of this. */
const MARGIN_MS = 10_000
const BATCH = 20

/** What each service says that it waits for. */
const WAITS_FOR: Readonly<Record<ServiceName, RegExp>> = {
  'ingest-gateway': /"log_unreachable"/,
  curator: /The event log at .* cannot be reached/,
  aggregator: /The event log at .* cannot be reached/,
  profiler: /The event log at .* cannot be reached/,
  'sms-gateway': /The event log at .* cannot be reached/,
  'anomaly-scorer': /The event log at .* cannot be reached/,
  'detector-evaluator': /The event log at .* cannot be reached/,
  'lake-archiver': /The event log at .* cannot be reached/,
  'mart-writer': /The mart at .* cannot be reached/,
}

describeOnStack('the services, when their servers are away', ['kafka', 'hdfs', 'cassandra'], () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'outage-'))
  let stack: Stack
  let services: Readonly<Record<ServiceName, ServiceProcess>>
  let key: string
  const each = <T>(work: (service: ServiceProcess, name: ServiceName) => Promise<T>): Promise<T[]> =>
    Promise.all(SERVICES.map(name => work(services[name], name)))
  const untilEach = (what: string, is: (service: ServiceProcess, name: ServiceName) => Promise<boolean>) =>
    each((service, name) =>
      waitUntil(
        async () => {
          if (service.ended !== undefined) return true
          return is(service, name)
        },
        { what: `${name} ${what}`, deadlineMs: 120_000, intervalMs: 200 },
      ),
    )
  const expectAllAlive = () =>
    each(async (service, name) => {
      expect(service.ended, `${name}:\n${service.output.slice(-2_000)}`).toBeUndefined()
      expect(await service.isLive(), name).toBe(true)
    })

  beforeAll(async () => {
    stack = await startStack({ directory: path.join(directory, 'stack'), kafkaBrokers: 3, dataNodes: 1 })
    await Promise.all(stack.servers.map(server => server.kill()))
    ;({ services, key } = await startServices(path.join(directory, 'services'), stack.addresses, ACK_DEADLINE_MS))
  }, 400_000)
  afterAll(async () => {
    for (const service of Object.values(services ?? {})) service.kill()
    await stack?.stop({ graceMs: 0 })
    rmSync(directory, { recursive: true, force: true })
  })

  it('are live and not ready, each saying in a line what it waits for, and go on by themselves', {
    timeout: 400_000,
  }, async () => {
    await untilEach('to say what it waits for', async (service, name) => WAITS_FOR[name].test(service.output))
    // Longer than one round of trying anything.
    await systemClock.sleep(MARGIN_MS)
    await expectAllAlive()
    await each(async (service, name) => {
      expect(await service.notReady(), name).not.toBeNull()
      const complaints = service.lines.filter(({ level }) => level !== 'info')
      expect(complaints.length, service.output).toBeLessThanOrEqual(2 * Math.max(1, groupsOf(name)))
    })

    await Promise.all(stack.servers.map(server => server.restart()))
    // Servers, but no topics yet.
    await untilEach('to wait for its topics', async service =>
      /Waiting for the topics|There is no topic/.test(JSON.stringify(await service.notReady())),
    )
    await expectAllAlive()
    const platform = await openServerPlatform(stack.addresses, parts)
    await ensurePlatform(platform, catalog)
    await platform.close()
    await untilEach('to be ready', async service => (await service.notReady()) === null)
    await expectAllAlive()
  })

  it('outlive a minute without any broker under load, and lose nothing', { timeout: 600_000 }, async () => {
    const listening = services['ingest-gateway'].lines.find(({ event }) => event === 'listening')!
    const load = startLoad(String(listening.address), key)
    await load.until('acknowledged before the outage', ({ stored }) => stored.length > 0, 50)

    const brokers = stack.servers.filter(({ name }) => name.startsWith('kafka'))
    await Promise.all(brokers.map(broker => broker.kill()))
    const awaySinceMs = systemClock.now()
    const answeredBefore = load.answers.length
    await untilEach('to be not ready', async service => (await service.notReady()) !== null)
    while (systemClock.now() - awaySinceMs < OUTAGE_MS) {
      await systemClock.sleep(1_000)
      await expectAllAlive()
    }
    const during = load.answers.slice(answeredBefore + load.senders)
    await Promise.all(brokers.map(broker => broker.restart()))
    expect(during.length).toBeGreaterThan(10)
    expect(new Set(during.map(({ status }) => status))).toEqual(new Set([503]))
    expect(Math.min(...during.map(({ retryAfterS }) => retryAfterS))).toBeGreaterThan(0)
    expect(Math.max(...during.map(({ tookMs }) => tookMs))).toBeLessThan(ACK_DEADLINE_MS + MARGIN_MS)

    await untilEach('to be ready again', async service => (await service.notReady()) === null)
    await load.until('acknowledged after the outage', ({ stored }) => stored.length > 0, 50)
    const ids = await load.stop()
    await expectAllAlive()

    const platform = await openServerPlatform(stack.addresses, parts)
    try {
      const report = await reconcileOnce({
        ...platform,
        catalog,
        lake: platform.lake,
        clock: systemClock,
        ledger: writeLedger(directory, ids),
        workDirectory: path.join(directory, 'reconcile'),
        deadlineMs: 240_000,
        onWait: () => {},
      })
      expect(report.examples).toEqual([])
      expect(report.topics['lol.raw']).toMatchObject({ accepted: ids.length, missing: 0, duplicate: 0 })
      expect(report.ok).toBe(true)
    } finally {
      await platform.close()
    }
    expect(await each(service => service.stop())).toEqual(SERVICES.map(() => 0))
  })
})

/** Senders that post small batches without end, and what they were answered. */
function startLoad(url: string, key: string) {
  const answers: Answer[] = []
  const stopping = new AbortController()
  let sent = 0
  async function send(): Promise<Answer> {
    const startedMs = systemClock.now()
    const response = await fetch(`${url}/v1/events/lol`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(Array.from({ length: BATCH }, () => anAction(sent++))),
    })
    const { results = [] } = (await response.json()) as { results?: { status: number; eventId: string }[] }
    return {
      status: response.status,
      retryAfterS: Number(response.headers.get('retry-after') ?? 0),
      tookMs: systemClock.now() - startedMs,
      stored: results.filter(({ status }) => status === 200).map(({ eventId }) => eventId),
    }
  }
  const senders = Array.from({ length: 4 }, async () => {
    while (!stopping.signal.aborted) {
      answers.push(await send())
      await systemClock.sleep(100, stopping.signal).catch(() => {})
    }
  })
  // `stop` throws what a sender throws.
  for (const sender of senders) sender.catch(() => {})
  return {
    answers,
    senders: senders.length,
    until: (what: string, is: (answer: Answer) => boolean, count: number) => {
      const from = answers.length
      return waitUntil(() => answers.slice(from).filter(is).length >= count, {
        what: `${count} requests ${what}`,
        deadlineMs: 120_000,
      })
    },
    /** Resolves to the ids that were acknowledged. */
    async stop(): Promise<readonly string[]> {
      stopping.abort()
      await Promise.all(senders)
      return answers.flatMap(({ stored }) => stored)
    },
  }
}

const anAction = (index: number) => ({
  eventId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  datetime: new Date(Date.UTC(2025, 0, 1) + index * 50).toISOString(),
  method: '/move',
  ingametime: '0:0',
  ip: '192.168.0.50',
  x: (index * 7) % 500,
  y: (index * 13) % 500,
  deathCount: 0,
  id: 'b405fd3c-785b-4e42-a825-52a75f3d82a4',
  inputkey: 'b',
  account: `player ${index % 37}`,
  champion: 'vex',
  status: 0,
})
