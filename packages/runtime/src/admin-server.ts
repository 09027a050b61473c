import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Health } from './health.ts'
import type { Component } from './lifecycle.ts'
import { listenAt } from './listen.ts'
import { Gauge, type Registry } from './metrics.ts'

/** Serves `/livez`, `/readyz` and `/metrics` on a port of its own, and readiness as a metric too; start it first, so that it stops last. */
export function createAdminServer(options: {
  host: string
  port: number
  health: Health
  registry: Registry
}): Component & { readonly address: string } {
  const { host, port, health, registry } = options
  new Gauge({
    name: 'millrace_ready',
    help: '1 while the process says that it is ready, else 0',
    registers: [registry],
    collect() {
      this.set(health.notReady() ? 0 : 1)
    },
  })
  let server: Server | undefined
  let address = ''
  return {
    name: 'admin-server',
    get address() {
      return address
    },
    async start() {
      const listening = createServer((request, response) => {
        const answer = (status: number, type: string, body: string): void => {
          response.writeHead(status, { 'content-type': type })
          response.end(body)
        }
        if (request.url === '/livez')
          answer(health.live() ? 200 : 503, 'text/plain', health.live() ? 'live\n' : 'stuck\n')
        else if (request.url === '/readyz') {
          const missing = health.notReady()
          answer(missing ? 503 : 200, 'application/json', `${JSON.stringify(missing ?? { ready: true })}\n`)
        } else if (request.url === '/metrics')
          registry.metrics().then(
            text => answer(200, registry.contentType, text),
            error => answer(500, 'text/plain', `${error}\n`),
          )
        else answer(404, 'text/plain', 'Known here: /livez, /readyz, /metrics\n')
      })
      const settings = { hostSetting: 'MILLRACE_ADMIN_HOST', portSetting: 'MILLRACE_ADMIN_PORT' }
      await listenAt({ host, port, ...settings }, () => once(listening.listen(port, host), 'listening'))
      server = listening
      const bound = server.address()
      address = bound && typeof bound === 'object' ? `http://${host}:${bound.port}` : ''
    },
    stop: () =>
      new Promise(resolve => {
        if (!server) return resolve()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
