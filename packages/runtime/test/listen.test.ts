import { expect, it } from 'vitest'
import { createAdminServer, createHealth, createServiceMetrics } from '../src/index.ts'

const hosts = ['', ' ', 'not-a-host', 'not a host', '203.0.113.1', '2001:db8::1', '[::1]', 'fe80::1', '127.0.0.1:80']

it.each(hosts)(
  'a host that cannot be listened on is named, with what is expected and what to change: "%s"',
  async host => {
    const { registry } = createServiceMetrics('x', { processMetrics: false })
    const server = createAdminServer({ host, port: 0, health: createHealth(), registry })
    const error = await server.start().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'host_unusable', kind: 'input' })
    expect((error as Error).message).toMatch(/^Cannot listen on ".*": .+\. Expected .+ \(MILLRACE_ADMIN_HOST\)\.$/)
    expect((error as Error).message).toContain(JSON.stringify(host))
    expect((error as Error).message).not.toMatch(/\bE[A-Z_]{4,}\b|getaddrinfo|listen E/)
    await server.stop()
  },
)
