import { describe, expect, it } from 'vitest'
import { createAdminServer, createHealth, createServiceMetrics } from '../src/index.ts'

async function withAdmin(
  test: (
    get: (path: string) => Promise<Response>,
    health: ReturnType<typeof createHealth>,
    port: number,
  ) => Promise<void>,
) {
  const health = createHealth()
  const { registry, recordsIn } = createServiceMetrics('lake-archiver')
  recordsIn.inc({ topic: 'lol.raw' }, 3)
  const admin = createAdminServer({ host: '127.0.0.1', port: 0, health, registry })
  await admin.start()
  try {
    await test(path => fetch(admin.address + path), health, Number(new URL(admin.address).port))
  } finally {
    await admin.stop()
  }
}

describe('the admin server', () => {
  it('answers probes from the health checks', () =>
    withAdmin(async (get, health) => {
      let problem: string | null = null
      health.addReadiness('log', () => problem)
      expect([(await get('/livez')).status, (await get('/readyz')).status]).toEqual([200, 200])
      problem = 'no broker answers'
      const response = await get('/readyz')
      expect(response.status).toBe(503)
      expect(await response.json()).toEqual({ log: 'no broker answers' })
      expect((await get('/livez')).status).toBe(200)
      health.addLiveness('loop', () => false)
      expect((await get('/livez')).status).toBe(503)
    }))

  it('is not ready while stopping', () =>
    withAdmin(async (get, health) => {
      health.startDraining()
      expect(await (await get('/readyz')).json()).toEqual({ lifecycle: 'stopping' })
    }))

  it('says as a metric whether it is ready', () =>
    withAdmin(async (get, health) => {
      const ready = async () => /^millrace_ready\{.*\} (\d)$/m.exec(await (await get('/metrics')).text())?.[1]
      expect(await ready()).toBe('1')
      health.startDraining()
      expect(await ready()).toBe('0')
    }))

  it('serves the metrics of the service under its own names', () =>
    withAdmin(async get => {
      expect(await (await get('/metrics')).text()).toContain(
        'millrace_lake_archiver_records_in_total{topic="lol.raw",service="lake-archiver"} 3',
      )
    }))

  it('says what it knows on another path', () =>
    withAdmin(async get => {
      const response = await get('/healthz')
      expect(response.status).toBe(404)
      expect(await response.text()).toContain('/livez, /readyz, /metrics')
    }))

  it('names the variable to change when its port is in use', () =>
    withAdmin(async (_get, health, port) => {
      const second = createAdminServer({
        host: '127.0.0.1',
        port,
        health,
        registry: createServiceMetrics('x').registry,
      })
      await expect(second.start()).rejects.toThrow(
        `Port ${port} on 127.0.0.1 is in use: stop what listens there, or choose a free one (MILLRACE_ADMIN_PORT).`,
      )
      await second.stop()
    }))
})
