import { expect, it } from 'vitest'
import {
  chart,
  containersOf,
  describeWithHelm,
  externalValues,
  find,
  helm,
  type KubeObject,
  podLabels,
  preset,
  render,
  renderNow,
  workloads,
} from './helm.ts'

const presets: Readonly<Record<string, readonly string[]>> = {
  'no preset': [],
  laptop: ['-f', preset('laptop')],
  external: externalValues,
  'three of each': [
    '--set',
    'kafka.replicas=3,hadoop.datanode.replicas=3,cassandra.replicas=3,services.ingest-gateway.replicas=3,services.anomaly-scorer.replicas=2',
  ],
  'everything that is off by default': [
    '--set',
    'services.generator.job.enabled=true,monitoring.podMonitors.enabled=true,services.ingest-gateway.ingress.enabled=true,services.ingest-gateway.ingress.host=m.example.com',
  ],
}
const LONGEST_RELEASE = 'a-release-name-that-is-as-long-as-helm-takes-them-53c'

const identity = ({ apiVersion, kind, metadata }: KubeObject): string => `${apiVersion} ${kind} ${metadata.name}`
const isKeySecret = ({ kind, metadata }: KubeObject): boolean => kind === 'Secret' && /key/.test(metadata.name)

describeWithHelm('the chart', () => {
  it.each(Object.entries(presets))('passes lint with %s', async (_name, args) => {
    const report = await helm('lint', '--strict', chart, ...args)
    expect(report).toContain('0 chart(s) failed')
    expect(report).not.toMatch(/\[(WARNING|ERROR)\]/)
  })

  it.each(Object.entries(presets))('gives each object a name of its own with %s', async (_name, args) => {
    const names = (await render(...args)).map(identity)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(20)
  })

  it.each(Object.entries(presets))('keeps to "restricted" in every pod with %s', async (_name, args) => {
    const pods = workloads(await render(...args))
    expect(pods.length).toBeGreaterThan(5)
    for (const [object, pod] of pods) {
      const where = identity(object)
      expect(pod.securityContext, where).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(pod.securityContext?.runAsUser, where).toBeGreaterThan(0)
      for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod[key], `${where} ${key}`).toBeUndefined()
      for (const volume of pod.volumes ?? [])
        expect(Object.keys(volume).filter(key => key !== 'name')[0], where).toMatch(/^(emptyDir|configMap|secret)$/)
      for (const container of containersOf(pod))
        expect(container.securityContext, `${where} ${container.name}`).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
    }
  })

  it.each(Object.entries(presets))(
    'gives pods no links to services, and no token but to Prometheus, with %s',
    async (_name, args) => {
      for (const [object, pod] of workloads(await render(...args)))
        expect(pod, identity(object)).toMatchObject({
          automountServiceAccountToken: podLabels(object)['app.kubernetes.io/component'] === 'prometheus',
          enableServiceLinks: false,
        })
    },
  )

  it.each(Object.entries(presets))('says what every container needs and may take with %s', async (_name, args) => {
    for (const [object, pod] of workloads(await render(...args)))
      for (const { name, resources } of containersOf(pod)) {
        const where = `${identity(object)} ${name}`
        expect(resources?.requests, where).toMatchObject({ cpu: expect.any(String), memory: expect.any(String) })
        expect(resources?.limits?.memory, where).toBeDefined()
      }
  })

  it.each(Object.entries(presets))('selects pods by three labels that never change with %s', async (_name, args) => {
    const objects = await render(...args)
    const selectors = objects.flatMap(object => {
      const { selector } = object.spec as { selector?: Record<string, unknown> }
      if (!selector || object.kind === 'PodMonitor') return []
      return [(selector.matchLabels ?? selector) as Record<string, string>]
    })
    expect(selectors.length).toBeGreaterThan(10)
    const labels = workloads(objects).map(([object]) => podLabels(object))
    for (const selector of selectors) {
      expect(Object.keys(selector).sort()).toEqual([
        'app.kubernetes.io/component',
        'app.kubernetes.io/instance',
        'app.kubernetes.io/name',
      ])
      expect(labels).toContainEqual(expect.objectContaining(selector))
    }
  })

  it.each(Object.entries(presets))('is the same again when rendered again with %s', async (_name, args) => {
    const keys = [
      '--set',
      'services.ingest-gateway.keys.existingSecret=keys,services.generator.keys.existingSecret=key',
    ]
    expect(await renderNow('demo', [...args, ...keys])).toEqual(await renderNow('demo', [...args, ...keys]))
  })

  it('makes a new key at each rendering without a cluster, and changes nothing else but the mark of its user', async () => {
    const [first, second] = [await renderNow('demo', []), await renderNow('demo', [])]
    expect(first.filter(isKeySecret)).not.toEqual(second.filter(isKeySecret))
    const rest = (objects: readonly KubeObject[]): string =>
      JSON.stringify(objects.filter(object => !isKeySecret(object))).replace(/"checksum\/api-key":"\w+"/g, '')
    expect(rest(first)).toBe(rest(second))
  })

  it('takes a release name of 53 characters', async () => {
    expect(LONGEST_RELEASE.length).toBe(53)
    const objects = await render(LONGEST_RELEASE, ...presets['everything that is off by default']!)
    for (const object of objects) {
      // 63 for what is a label or a host; a StatefulSet's pods get a hash of eleven characters in a label.
      expect(object.metadata.name.length, identity(object)).toBeLessThanOrEqual(50)
      expect(object.metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
      for (const [label, value] of Object.entries(object.metadata.labels))
        expect(value.length, `${identity(object)} ${label}`).toBeLessThanOrEqual(63)
    }
    const other = await render(`${LONGEST_RELEASE.slice(0, -1)}d`, ...presets['everything that is off by default']!)
    const names = new Set(objects.map(identity))
    expect(other.map(identity).filter(name => names.has(name))).toEqual([])
  })

  it('puts every object into the namespace of the release, so that kubectl apply does too', async () => {
    for (const object of await render()) expect(object.metadata.namespace, identity(object)).toBe('there')
  })

  it('has no hooks but the test', async () => {
    const objects = await render('-f', preset('laptop'))
    const hooks = objects.filter(object => object.metadata.annotations?.['helm.sh/hook'])
    expect(hooks.map(identity)).toEqual(['v1 Pod demo-proof'])
  })

  it('keeps a laptop below 6 GiB of requests', async () => {
    const pods = workloads(await render('-f', preset('laptop'))).filter(([{ kind }]) => /Set$|Deployment/.test(kind))
    const memory = pods.flatMap(([, pod]) => pod.containers.map(({ resources }) => resources!.requests!.memory!))
    expect(memory.every(text => text.endsWith('Mi'))).toBe(true)
    expect(memory.reduce((sum, text) => sum + Number.parseInt(text, 10), 0)).toBeLessThan(6 * 1024)
  })

  it('runs images from one registry, where one is named', async () => {
    const objects = await render('--set', 'image.registry=registry.example.com/mill/,image.tag=9.9')
    const images = workloads(objects).flatMap(([, pod]) => containersOf(pod).map(({ image }) => image))
    expect(images).toContain('registry.example.com/mill/millrace/curator:9.9')
    expect(images).toContain('registry.example.com/mill/apache/kafka:4.3.1')
    for (const image of images) expect(image).toMatch(/^registry\.example\.com\/mill\//)
  })

  it('runs with what it is given as a Secret for the registry', async () => {
    for (const [object, pod] of workloads(await render('--set', 'image.pullSecrets={regcred}')))
      expect(pod.imagePullSecrets, identity(object)).toEqual([{ name: 'regcred' }])
  })

  it('lets nodes be drained: every kind of pod has a budget of one', async () => {
    const objects = await render()
    for (const [object] of workloads(objects).filter(([{ kind }]) => /Set$|Deployment/.test(kind))) {
      const budget = find(objects, 'PodDisruptionBudget', object.metadata.name)
      expect(budget.spec).toMatchObject({ maxUnavailable: 1, selector: { matchLabels: podLabels(object) } })
    }
  })
})
