import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { chart, helm } from './helm.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const resource = (kind: string, namespaced = true) => ({
  kind,
  name: `${kind.toLowerCase()}s`,
  singularName: kind.toLowerCase(),
  namespaced,
  verbs: ['get', 'list'],
})
const group = (groupVersion: string, ...resources: readonly object[]) => ({
  kind: 'APIResourceList',
  groupVersion,
  resources,
})
const appsVersion = { groupVersion: 'apps/v1', version: 'v1' }
const discovery: Readonly<Record<string, object>> = {
  '/version': { major: '1', minor: '35', gitVersion: 'v1.35.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [{ name: 'apps', versions: [appsVersion], preferredVersion: appsVersion }],
  },
  '/api/v1': group('v1', resource('Namespace', false), resource('Secret'), resource('ConfigMap')),
  '/apis/apps/v1': group('apps/v1', resource('StatefulSet')),
}

/** As much of an API server as a rendering asks: its version, its kinds, and the objects that are there, by path. */
async function listen(objects: Readonly<Record<string, object>>): Promise<string> {
  const answers = { ...discovery, ...objects }
  const server = createServer((request, response) => {
    const body = answers[new URL(request.url!, 'http://cluster').pathname]
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? { kind: 'Status', apiVersion: 'v1', reason: 'NotFound', code: 404 }))
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What helm says when it renders release "demo" for namespace "there" of a cluster that has these objects. */
export async function sayAt(objects: Readonly<Record<string, object>>, ...args: readonly string[]): Promise<string> {
  const cluster = ['--dry-run=server', '--kube-apiserver', await listen(objects)]
  return helm('template', 'demo', chart, '--namespace', 'there', ...cluster, ...args).catch(String)
}
