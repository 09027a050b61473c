import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { chart, helm, type KubeObject, parseObjects } from './helm.ts'

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
const core = ['Secret', 'ConfigMap', 'Service', 'ServiceAccount', 'Pod', 'PersistentVolumeClaim']
const groups: Readonly<Record<string, readonly string[]>> = {
  apps: ['StatefulSet', 'Deployment'],
  batch: ['Job'],
  'networking.k8s.io': ['NetworkPolicy'],
  policy: ['PodDisruptionBudget'],
  'rbac.authorization.k8s.io': ['Role', 'RoleBinding'],
}
const groupOf = (name: string) => {
  const version = { groupVersion: `${name}/v1`, version: 'v1' }
  return { name, versions: [version], preferredVersion: version }
}
const discovery: Readonly<Record<string, object>> = {
  '/version': { major: '1', minor: '35', gitVersion: 'v1.35.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: Object.keys(groups).map(groupOf) },
  '/api/v1': group('v1', resource('Namespace', false), ...core.map(kind => resource(kind))),
  ...Object.fromEntries(
    Object.entries(groups).map(([name, kinds]) => [
      `/apis/${name}/v1`,
      group(`${name}/v1`, ...kinds.map(kind => resource(kind))),
    ]),
  ),
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

const templateAt = async (objects: Readonly<Record<string, object>>, args: readonly string[]): Promise<string> => {
  const cluster = ['--dry-run=server', '--disable-openapi-validation', '--kube-apiserver', await listen(objects)]
  return helm('template', 'demo', chart, '--namespace', 'there', ...cluster, ...args)
}

/** What helm says when it renders release "demo" for namespace "there" of a cluster that has these objects. */
export const sayAt = (objects: Readonly<Record<string, object>>, ...args: readonly string[]): Promise<string> =>
  templateAt(objects, args).catch(String)

/** The objects that helm renders there. */
export const renderAt = async (
  objects: Readonly<Record<string, object>>,
  ...args: readonly string[]
): Promise<readonly KubeObject[]> => parseObjects(await templateAt(objects, args))
