import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { chart, describeWithHelm, helm, preset } from './helm.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** As much of an API server as a rendering asks: its version, the kinds of v1, and whether an object is there. */
async function clusterWith(...objects: readonly string[]): Promise<string> {
  const kinds = ['Namespace', 'Secret', 'ConfigMap'].map(kind => ({
    kind,
    name: `${kind.toLowerCase()}s`,
    singularName: kind.toLowerCase(),
    namespaced: kind !== 'Namespace',
    verbs: ['get', 'list'],
  }))
  const fixed: Record<string, object> = {
    '/version': { major: '1', minor: '35', gitVersion: 'v1.35.0' },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
    '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: kinds },
  }
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://cluster').pathname
    const object = objects.includes(path.slice('/api/v1/'.length))
      ? { apiVersion: 'v1', kind: path.includes('secrets') ? 'Secret' : 'ConfigMap', metadata: { name: 'it' } }
      : undefined
    const body = fixed[path] ?? object
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(body ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }),
    )
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const named = [
  'kafka.external.brokers=k:1,kafka.external.saslMechanism=plain,kafka.external.existingSecret=kafka-login',
  'hadoop.external.webhdfsUrls=http://n:1',
  'cassandra.external.contactPoints=c',
  'services.ingest-gateway.keys.existingSecret=keys',
].join(',')

async function renderAt(...objects: readonly string[]): Promise<string> {
  const args = [
    '-f',
    preset('external'),
    '--set',
    named,
    '--dry-run=server',
    '--kube-apiserver',
    await clusterWith(...objects),
  ]
  return helm('template', 'demo', chart, '--namespace', 'there', ...args).then(
    () => 'nothing was refused',
    error => String(error),
  )
}

const trust = 'namespaces/there/configmaps/kube-root-ca.crt'

describeWithHelm('Secrets that values name', () => {
  it('are looked for in the namespace, and all that are missing are named', async () => {
    const message = await renderAt('namespaces/default', trust)
    expect(message).toContain(
      'kafka.external.existingSecret names the Secret "kafka-login", which namespace "there" does not have',
    )
    expect(message).toContain('services.ingest-gateway.keys.existingSecret names the Secret "keys"')
  })

  it('are missed too where the namespace is not made yet', async () => {
    expect(await renderAt('namespaces/default')).toContain(
      'names the Secret "keys", which namespace "there" does not have',
    )
  })

  it('are not named where they are', async () => {
    const message = await renderAt('namespaces/default', trust, 'namespaces/there/secrets/kafka-login')
    expect(message).toContain('"keys"')
    expect(message).not.toContain('"kafka-login"')
  })

  it('are looked for without rights beyond the namespace', async () => {
    expect(await renderAt(trust)).toContain('"keys"')
  })
})
