import { expect, it } from 'vitest'
import { generators } from './domains.ts'
import {
  containersOf,
  describeWithHelm,
  externalValues,
  find,
  type KubeObject,
  podLabels,
  podOf,
  render,
  workloads,
} from './helm.ts'

interface Peer {
  readonly podSelector?: {
    readonly matchExpressions?: readonly { readonly values: readonly string[] }[]
  }
  readonly namespaceSelector?: unknown
}
interface Rule {
  readonly from?: readonly Peer[]
  readonly to?: readonly Peer[]
  readonly ports?: readonly { readonly port: number }[]
}
interface Policy {
  readonly podSelector: { readonly matchLabels: Record<string, string> }
  readonly policyTypes: readonly string[]
  readonly ingress?: readonly Rule[]
  readonly egress?: readonly Rule[]
}

const policies = (objects: readonly KubeObject[]): ReadonlyMap<string, Policy> =>
  new Map(
    objects
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ spec }) => {
        const policy = spec as unknown as Policy
        return [policy.podSelector.matchLabels['app.kubernetes.io/component']!, policy]
      }),
  )
const componentsOf = (peers: readonly Peer[] = []): readonly string[] =>
  peers.flatMap(({ podSelector }) => podSelector?.matchExpressions?.flatMap(({ values }) => values) ?? [])

/** Every allowed connection between components, as `from > to:port`, by what the senders or the receivers say. */
function arrows(objects: readonly KubeObject[], way: 'ingress' | 'egress'): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [component, policy] of policies(objects))
    for (const rule of policy[way] ?? [])
      for (const peer of componentsOf(way === 'ingress' ? rule.from : rule.to))
        for (const { port } of rule.ports ?? [])
          found.add(way === 'ingress' ? `${peer} > ${component}:${port}` : `${component} > ${peer}:${port}`)
  return found
}

const kafkaClients = [
  'ingest-gateway',
  'curator',
  'aggregator',
  'profiler',
  'sms-gateway',
  'anomaly-scorer',
  'detector-evaluator',
  'lake-archiver',
  'mart-writer',
  'reconciler',
  'topics',
  'proof',
]
const hdfsClients = ['lake-archiver', 'reconciler', 'proof']
const cassandraClients = ['mart-writer', 'reconciler', 'mart-schema', 'proof']
const architecture = [
  ...[...generators, 'proof'].map(name => `${name} > ingest-gateway:8080`),
  ...kafkaClients.map(name => `${name} > kafka:9092`),
  'kafka > kafka:9092',
  'kafka > kafka:9093',
  ...hdfsClients.flatMap(name => [`${name} > namenode:9870`, `${name} > datanode:9864`]),
  'lake-folder > namenode:8020',
  'datanode > namenode:8020',
  'datanode > datanode:9866',
  'datanode > datanode:9867',
  ...cassandraClients.map(name => `${name} > cassandra:9042`),
  'cassandra > cassandra:7000',
].sort()

describeWithHelm('NetworkPolicies', () => {
  it('allow the arrows of the architecture and no others, on the side that calls', async () => {
    const called = [...arrows(await render(), 'egress')]
    expect(called.filter(arrow => !arrow.startsWith('prometheus >')).sort()).toEqual(architecture)
  })

  it('allow the same on the side that is called, and Prometheus', async () => {
    const args = ['--set', 'services.ingest-gateway.allowFrom[0].namespaceSelector.matchLabels.team=data']
    const allowed = [...arrows(await render(...args), 'ingress')].filter(arrow => !arrow.startsWith('prometheus >'))
    expect(allowed.sort()).toEqual(architecture)
  })

  it('let Prometheus read the metrics of each service', async () => {
    const objects = await render()
    const ofPrometheus = (way: 'ingress' | 'egress') =>
      [...arrows(objects, way)].filter(arrow => arrow.startsWith('prometheus >')).sort()
    expect(ofPrometheus('egress')).toEqual(ofPrometheus('ingress'))
    expect(ofPrometheus('egress')).toContain('prometheus > reconciler:9464')
  })

  it.each([
    ['bundled stores', []],
    ['external stores', externalValues],
    ['the generator as a Job', ['--set', 'services.generator.job.enabled=true']],
  ])('are there for every pod, both ways, and allow names: %s', async (_name, args) => {
    const objects = await render(...args)
    const known = policies(objects)
    for (const [object] of workloads(objects)) {
      const policy = known.get(podLabels(object)['app.kubernetes.io/component']!)
      expect(policy, object.metadata.name).toBeDefined()
      expect(policy!.policyTypes).toEqual(['Ingress', 'Egress'])
      expect(policy!.egress).toContainEqual({
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      })
    }
  })

  it('name only ports that a container has', async () => {
    const objects = await render()
    const ports = new Map(
      workloads(objects).map(([object, pod]) => [
        podLabels(object)['app.kubernetes.io/component']!,
        containersOf(pod).flatMap(({ ports: own = [] }) => own.map(({ containerPort }) => containerPort)),
      ]),
    )
    for (const [component, policy] of policies(objects))
      for (const rule of policy.ingress ?? [])
        for (const { port } of rule.ports ?? []) expect(ports.get(component), component).toContain(port)
  })

  it('let anybody who reaches the cluster send events, or only whom the user names', async () => {
    const senders = async (...args: string[]) =>
      policies(await render(...args))
        .get('ingest-gateway')!
        .ingress!.find(rule => rule.ports?.some(({ port }) => port === 8080))!.from
    expect(await senders()).toBeUndefined()
    expect(
      await senders('--set', 'services.ingest-gateway.allowFrom[0].namespaceSelector.matchLabels.team=data'),
    ).toContainEqual({
      namespaceSelector: { matchLabels: { team: 'data' } },
    })
  })

  it('let the cluster read metrics, or only the Prometheus of the release', async () => {
    const readers = async (...args: string[]) =>
      policies(await render(...args))
        .get('curator')!
        .ingress!.find(rule => rule.ports?.some(({ port }) => port === 9464))!.from!
    expect(await readers()).toContainEqual({ namespaceSelector: {} })
    const own = await readers('--set', 'networkPolicy.metricsFrom=null')
    expect(own).toHaveLength(1)
    expect(componentsOf(own)).toEqual(['prometheus'])
  })

  it('reach external stores everywhere, or only where the user says', async () => {
    const egress = async (service: string, ...args: string[]) =>
      policies(await render(...externalValues, ...args)).get(service)!.egress!
    expect(await egress('curator')).toContainEqual({})
    const narrow = ['--set', 'networkPolicy.externalStores[0].ipBlock.cidr=10.0.0.0/8']
    expect(await egress('curator', ...narrow)).not.toContainEqual({})
    expect(await egress('curator', ...narrow)).toContainEqual({ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] })
  })

  it('let the SMS gateway reach its provider where they say so', async () => {
    const provider = { ipBlock: { cidr: '203.0.113.0/24' } }
    const args = ['--set-json', `services.sms-gateway.allowTo=[${JSON.stringify(provider)}]`]
    const objects = await render(...args, '--set', 'services.sms-gateway.tokenSecret=sms')
    expect(policies(objects).get('sms-gateway')?.egress).toContainEqual({ to: [provider] })
    expect(policies(objects).get('curator')?.egress).not.toContainEqual({ to: [provider] })
    const { env = [] } = podOf(find(objects, 'Deployment', 'demo-sms-gateway'))!.containers[0]!
    expect(env).toContainEqual({
      name: 'MILLRACE_SMS_TOKEN',
      valueFrom: { secretKeyRef: { name: 'sms', key: 'token' } },
    })
    expect(policies(await render()).get('sms-gateway')?.egress?.length).toBeGreaterThan(0)
  })

  it('never select nobody, which the API server refuses', async () => {
    const services = [
      'ingest-gateway',
      'curator',
      'aggregator',
      'profiler',
      'sms-gateway',
      'anomaly-scorer',
      'detector-evaluator',
      'lake-archiver',
      'mart-writer',
      'reconciler',
      'generator',
    ]
    const off = services.map(name => `services.${name}.enabled=false`)
    const objects = await render('--set', [...off, 'topics.manage=false', 'mart.manageSchema=false'].join(','))
    expect(objects.filter(({ kind }) => kind === 'Deployment')).toEqual([])
    const chosen = [...policies(objects).values()].flatMap(({ ingress = [], egress = [] }) => [
      ...ingress.flatMap(({ from = [] }) => from),
      ...egress.flatMap(({ to = [] }) => to),
    ])
    expect(chosen.flatMap(peer => componentsOf([peer]))).toContain('kafka')
    expect(JSON.stringify(chosen)).not.toContain('"values":[]')
  })

  it('are not there where they are switched off', async () => {
    const objects = await render('--set', 'networkPolicy.enabled=false')
    expect(objects.filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([])
    expect(find(objects, 'Deployment', 'demo-curator')).toBeDefined()
  })
})
