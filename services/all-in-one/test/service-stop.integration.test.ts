import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { createLogger, systemClock } from '@millrace/runtime'
import { type ServiceProcess, type Stack, startStack, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { ensurePlatform, openServerPlatform } from '../src/platform.ts'
import { SERVICES, type ServiceName, startServices } from './service-processes.ts'

const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }) }
const BATCH = 50

describeOnStack('a service whose servers went away', ['kafka', 'hdfs', 'cassandra'], () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'service-stop-'))
  let stack: Stack
  let services: Readonly<Record<ServiceName, ServiceProcess>> | undefined
  let runs = 0

  beforeAll(async () => {
    stack = await startStack({ directory: path.join(directory, 'stack'), kafkaBrokers: 1, dataNodes: 1 })
    const platform = await openServerPlatform(stack.addresses, parts)
    await ensurePlatform(platform, catalog)
    await platform.close()
  }, 400_000)
  afterEach(() => {
    for (const service of Object.values(services ?? {})) service.kill()
  })
  afterAll(async () => {
    await stack?.stop({ graceMs: 0 })
    rmSync(directory, { recursive: true, force: true })
  })

  it.each([
    ['cassandra', 'frozen'],
    ['cassandra', 'killed'],
    ['namenode', 'frozen'],
    ['namenode', 'killed'],
    ['kafka1', 'frozen'],
    ['kafka1', 'killed'],
  ])('ends with 0 on SIGTERM in the middle of its work: %s %s', { timeout: 400_000 }, async (name, what) => {
    const started = await startServices(path.join(directory, `services-${++runs}`), stack.addresses, 4_000)
    services = started.services
    const ready = async () =>
      (await Promise.all(SERVICES.map(service => services![service].notReady()))).every(found => found === null)
    await waitUntil(ready, { what: 'the services to be ready', deadlineMs: 120_000, intervalMs: 200 })
    const { address } = services['ingest-gateway'].lines.find(({ event }) => event === 'listening')!
    const samples = catalog.topic('lol.raw').route!.samples
    const send = async () => {
      const headers = { authorization: `Bearer ${started.key}`, 'content-type': 'application/json' }
      const body = JSON.stringify(Array.from({ length: BATCH }, () => samples[0]))
      const answer = await fetch(`${address}/v1/events/lol`, { method: 'POST', headers, body })
      await answer.arrayBuffer()
    }
    const server = stack.server(name)
    try {
      await send()
      if (what === 'frozen') await server.freeze()
      else await server.kill()
      for (let n = 0; n < 3; n++) {
        await send()
        await systemClock.sleep(1500)
      }
      const codes = await Promise.all(SERVICES.map(async service => [service, await services![service].stop()]))
      expect(Object.fromEntries(codes)).toEqual(Object.fromEntries(SERVICES.map(service => [service, 0])))
    } finally {
      if (what === 'frozen') await server.thaw()
      else await server.restart()
    }
  })
})
