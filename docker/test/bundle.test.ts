import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { findFreePorts, waitUntil } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleService } from '../bundle.ts'
import { imageServices, serviceFolder } from '../services.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'millrace-bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Starts a bundle as its image does: from a folder that has nothing else. */
function start(service: string, variables: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['lib/main.mjs'], {
    cwd: path.join(folder, service),
    env: variables,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      said += chunk
    })
  return { child, said: () => said }
}

describe.each(imageServices())('the bundle of %s', service => {
  beforeAll(() => bundleService(serviceFolder(service), path.join(folder, service)))

  it('runs without the workspace: it reads its settings and refuses one that it does not know', async () => {
    const { child, said } = start(service, { MILLRACE_NO_SUCH_SETTING: 'x' })
    const [code] = await once(child, 'close')
    expect(said()).toContain('MILLRACE_NO_SUCH_SETTING is not known here.')
    expect(code).toBe(2)
  })

  it('has no library that draws', () => {
    const bundle = readFileSync(path.join(folder, service, 'lib/main.mjs'), 'utf8')
    // Bundled modules are named in comments, such as "// ../node_modules/.pnpm/zod@4/node_modules/zod/index.js".
    expect(bundle).toMatch(/^\/\/ .*node_modules\/zod\//m)
    expect(bundle).not.toMatch(/^\/\/ .*(?:node_modules\/(?:linkedom|@observablehq)\/|packages\/report\/src\/draw\/)/m)
  })
})

/** Starts the gateway's bundle, with no broker where it looks for one, until `check` is done with it. */
async function withGateway(
  client: string,
  check: (ports: { http: number; admin: number }, said: () => string) => Promise<void>,
): Promise<void> {
  const keys = path.join(folder, 'keys.json')
  writeFileSync(keys, '{"keys":[]}')
  const [http, admin, nobody] = await findFreePorts(3)
  const { child, said } = start('ingest-gateway', {
    MILLRACE_KAFKA_BROKERS: `127.0.0.1:${nobody}`,
    MILLRACE_KAFKA_CLIENT: client,
    MILLRACE_KEYS_FILE: keys,
    MILLRACE_HTTP_PORT: String(http),
    MILLRACE_ADMIN_PORT: String(admin),
  })
  try {
    await check({ http: http!, admin: admin! }, said)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
}

it('has the files of the API page and the tracker in the bundle of the gateway', () =>
  withGateway('platformatic', async ({ http }, said) => {
    const styles = await waitUntil(
      async () => fetch(`http://127.0.0.1:${http}/docs/static/swagger-ui.css`).catch(() => undefined),
      { deadlineMs: 60_000, what: `the gateway to answer; it said: ${said()}` },
    )
    expect(styles.status).toBe(200)
    expect(await styles.text()).toContain('.swagger-ui')
    const tracker = await fetch(`http://127.0.0.1:${http}/tracker/v1.js`)
    expect(await tracker.text()).toContain('/v1/events/web')
  }))

it.each(['platformatic', 'kafkajs'])('has what the Kafka client %s loads in the bundle of the gateway', client =>
  withGateway(client, async ({ admin }, said) => {
    // Refused by nobody's port: the client is there, with its files, and has tried.
    await waitUntil(
      async () => {
        const ready = await fetch(`http://127.0.0.1:${admin}/readyz`).catch(() => undefined)
        return (await ready?.text())?.includes('ECONNREFUSED') === true
      },
      { deadlineMs: 60_000, what: `readiness to name the refused connection; the gateway said: ${said()}` },
    )
  }),
)
