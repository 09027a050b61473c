import { catalog } from '@millrace/domains/contracts'
import { expect, it } from 'vitest'
import { generators } from './domains.ts'
import { type Container, describeWithHelm, envOf, find, type KubeObject, podOf, render } from './helm.ts'

const makers = ['curator', 'aggregator', 'anomaly-scorer', 'detector-evaluator', 'profiler', 'sms-gateway']
const consumers = [...makers, 'lake-archiver', 'mart-writer']
const services = ['ingest-gateway', ...consumers, 'reconciler', ...generators]

const deployment = async (service: string, ...args: string[]): Promise<KubeObject> =>
  find(await render(...args), 'Deployment', `demo-${service}`)
const podOfService = async (service: string, ...args: string[]) => podOf(await deployment(service, ...args))!
const container = async (service: string, ...args: string[]): Promise<Container> =>
  (await podOfService(service, ...args)).containers[0]!
describeWithHelm('the services in the chart', () => {
  it.each(services)('asks %s on its admin port whether it lives and is ready', async service => {
    const { ports, startupProbe, livenessProbe, readinessProbe } = await container(service)
    expect(ports).toContainEqual({ name: 'admin', containerPort: 9464 })
    expect(startupProbe?.httpGet).toEqual({ path: '/livez', port: 'admin' })
    expect(livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'admin' })
    expect(readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'admin' })
  })

  it.each(services)('sets no variable of %s twice, and in order', async service => {
    const names = (await container(service, '--set', `services.${service}.env.MILLRACE_LOG_LEVEL=trace`)).env!.map(
      ({ name }) => name,
    )
    expect(names).toEqual([...new Set(names)].sort())
  })

  it.each(services)('lets what the user says for %s replace what is derived', async service => {
    const args = ['--set', `services.${service}.env.MILLRACE_ADMIN_HOST=127.0.0.9`]
    expect(envOf(await container(service, ...args)).MILLRACE_ADMIN_HOST).toBe('127.0.0.9')
  })

  it('replaces what comes from a Secret as a whole', async () => {
    const args = [
      '--set',
      'kafka.enabled=false,kafka.external.brokers=k:1,kafka.external.saslMechanism=plain,kafka.external.existingSecret=s',
      '--set',
      'services.curator.env.MILLRACE_KAFKA_SASL_USERNAME=me',
    ]
    const { env } = await container('curator', ...args)
    expect(env).toContainEqual({ name: 'MILLRACE_KAFKA_SASL_USERNAME', value: 'me' })
    expect(env).toContainEqual({
      name: 'MILLRACE_KAFKA_SASL_PASSWORD',
      valueFrom: { secretKeyRef: { name: 's', key: 'password' } },
    })
  })

  it('writes numbers and truth values as the services read them', async () => {
    const args = [
      '--set',
      'services.ingest-gateway.env.MILLRACE_MAX_RECORDS=1000000,services.anomaly-scorer.env.MILLRACE_PUBLISH_SCORES=false,services.generator.env.MILLRACE_SPEED=0.5',
    ]
    expect(envOf(await container('ingest-gateway', ...args)).MILLRACE_MAX_RECORDS).toBe('1000000')
    expect(envOf(await container('anomaly-scorer', ...args)).MILLRACE_PUBLISH_SCORES).toBe('false')
    expect(envOf(await container(generators[0]!, ...args)).MILLRACE_SPEED).toBe('0.5')
  })

  it.each([
    ['5s', '25s', 40],
    ['1500ms', '2m', 132],
    ['1m', '1h', 3670],
  ])('kills no pod before a drain of %s and a stop of %s are over', async (drain, stop, seconds) => {
    const args = ['--set', `serviceDefaults.drainDelay=${drain},serviceDefaults.stopDeadline=${stop}`]
    for (const service of services) {
      const pod = await podOfService(service, ...args)
      expect(pod.terminationGracePeriodSeconds, service).toBe(seconds)
      expect(envOf(pod.containers[0]!)).toMatchObject({ MILLRACE_DRAIN_DELAY: drain, MILLRACE_STOP_DEADLINE: stop })
    }
  })

  it('lets one service differ from the defaults of all', async () => {
    const args = [
      '--set',
      'services.curator.logLevel=debug,services.curator.nodeSelector.disk=fast,serviceDefaults.logLevel=warn',
    ]
    expect(envOf(await container('curator', ...args)).MILLRACE_LOG_LEVEL).toBe('debug')
    expect((await podOfService('curator', ...args)).nodeSelector).toEqual({ disk: 'fast' })
    expect(envOf(await container('mart-writer', ...args)).MILLRACE_LOG_LEVEL).toBe('warn')
    expect((await podOfService('mart-writer', ...args)).nodeSelector).toBeUndefined()
  })

  it('tells gateways how many share a quota', async () => {
    const args = ['--set', 'services.ingest-gateway.replicas=3']
    expect((await deployment('ingest-gateway', ...args)).spec.replicas).toBe(3)
    expect(envOf(await container('ingest-gateway', ...args)).MILLRACE_REPLICAS).toBe('3')
  })

  it.each(consumers)('runs as many of %s as asked, on different nodes where there are some', async service => {
    const object = await deployment(service, '--set', `services.${service}.replicas=4`)
    expect(object.spec.replicas).toBe(4)
    expect(podOf(object)!.topologySpreadConstraints).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname', maxSkew: 1 },
    ])
  })

  it('runs none where none is asked', async () => {
    expect((await deployment('curator', '--set', 'services.curator.replicas=0')).spec.replicas).toBe(0)
  })

  it.each(['reconciler', ...generators])('never runs two of %s', async service => {
    expect((await deployment(service)).spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
  })

  it('pauses the generators, or one of them, without removing them', async () => {
    const [first, ...others] = generators as [string, ...string[]]
    for (const generator of generators)
      expect((await deployment(generator, '--set', 'services.generator.paused=true')).spec.replicas).toBe(0)
    const args = ['--set', `services.${first}.paused=true`]
    expect((await deployment(first, ...args)).spec.replicas).toBe(0)
    for (const other of others) expect((await deployment(other, ...args)).spec.replicas).toBe(1)
  })

  it('lets one generator be off while the others run', async () => {
    const [first, ...others] = generators as [string, ...string[]]
    const names = (await render('--set', `services.${first}.enabled=false`)).map(({ metadata }) => metadata.name)
    expect(names).not.toContain(`demo-${first}`)
    expect(names).toEqual(expect.arrayContaining(others.map(name => `demo-${name}`)))
  })

  it('runs the domains that are asked for, and no generator of another', async () => {
    const objects = await render('--set', 'domains={lol}')
    const domains = (name: string) => envOf(podOf(find(objects, 'Deployment', name))!.containers[0]!).MILLRACE_DOMAINS
    for (const service of ['ingest-gateway', 'curator', 'lake-archiver', 'mart-writer', 'reconciler'])
      expect(domains(`demo-${service}`), service).toBe('lol')
    const deployments = objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name)
    expect(deployments.filter(name => name.endsWith('-generator'))).toEqual(['demo-lol-generator'])
  })

  it.each(catalog.domains)('runs for $name only the services that make its topics', async ({ name, topics }) => {
    const objects = await render('--set', `domains={${name}}`)
    const running = makers.filter(service =>
      objects.some(({ kind, metadata }) => kind === 'Deployment' && metadata.name === `demo-${service}`),
    )
    const needed = new Set(Object.values(topics).flatMap(({ derivedFrom }) => derivedFrom?.by ?? []))
    expect(running.sort()).toEqual([...needed].sort())
  })

  it.each([
    ['lake-archiver', 'MILLRACE_SPOOL_DIRECTORY', 'spool', '4Gi'],
    ['reconciler', 'MILLRACE_WORK_DIRECTORY', 'work', '4Gi'],
  ])('gives %s a folder to write into', async (service, variable, volume, sizeLimit) => {
    const pod = await podOfService(service)
    expect(pod.volumes).toContainEqual({ name: volume, emptyDir: { sizeLimit } })
    expect(pod.containers[0]!.volumeMounts).toContainEqual({
      name: volume,
      mountPath: envOf(pod.containers[0]!)[variable],
    })
  })

  it('sends the generator to the gateway, at the port of its Service', async () => {
    const args = ['--set', 'services.ingest-gateway.service.port=8081']
    expect(find(await render(...args), 'Service', 'demo-ingest-gateway').spec.ports).toMatchObject([
      { port: 8081, targetPort: 'http' },
    ])
    expect(envOf(await container(generators[0]!, ...args)).MILLRACE_GATEWAY_URL).toBe('http://demo-ingest-gateway:8081')
  })

  it('shows the gateway through an Ingress with the certificate', async () => {
    const values = 'enabled=true,host=m.example.com,tlsSecret=cert,className=nginx'
    const args = values.split(',').flatMap(value => ['--set', `services.ingest-gateway.ingress.${value}`])
    expect(find(await render(...args), 'Ingress', 'demo-ingest-gateway').spec).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: ['m.example.com'], secretName: 'cert' }],
      rules: [
        {
          host: 'm.example.com',
          http: { paths: [{ backend: { service: { name: 'demo-ingest-gateway', port: { name: 'http' } } } }] },
        },
      ],
    })
  })

  it('mounts certificates of external stores where the service is told to look', async () => {
    const args = ['kafka.external.brokers=k:1', 'kafka.enabled=false', 'kafka.external.existingSecret=certs']
      .concat(['enabled', 'ca', 'clientCertificate'].map(key => `kafka.external.tls.${key}=true`))
      .flatMap(value => ['--set', value])
    const pod = await podOfService('curator', ...args)
    expect(pod.volumes).toContainEqual({
      name: 'kafka-certificates',
      secret: {
        secretName: 'certs',
        items: ['ca.crt', 'tls.crt', 'tls.key'].map(key => ({ key, path: key })),
      },
    })
    const [{ volumeMounts }] = pod.containers as [Container]
    expect(volumeMounts).toContainEqual({
      name: 'kafka-certificates',
      mountPath: '/etc/millrace/kafka',
      readOnly: true,
    })
    expect(envOf(pod.containers[0]!)).toMatchObject({
      MILLRACE_KAFKA_TLS: 'true',
      MILLRACE_KAFKA_CA_FILE: '/etc/millrace/kafka/ca.crt',
      MILLRACE_KAFKA_CERT_FILE: '/etc/millrace/kafka/tls.crt',
      MILLRACE_KAFKA_KEY_FILE: '/etc/millrace/kafka/tls.key',
    })
  })

  it('annotates pods for a Prometheus that looks for annotations', async () => {
    const annotations = (object: KubeObject) =>
      (object.spec as { template: { metadata: { annotations: Record<string, string> } } }).template.metadata.annotations
    for (const service of services) {
      expect(annotations(await deployment(service))).toMatchObject({
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': '9464',
        'prometheus.io/path': '/metrics',
      })
      expect(annotations(await deployment(service, '--set', 'monitoring.annotations=false'))).not.toHaveProperty([
        'prometheus.io/scrape',
      ])
    }
  })

  it('makes a PodMonitor for all of them', async () => {
    const args = ['--set', 'monitoring.podMonitors.enabled=true,monitoring.podMonitors.labels.release=prom']
    const monitor = find(await render(...args), 'PodMonitor', 'demo-services')
    expect(monitor.metadata.labels.release).toBe('prom')
    expect(monitor.spec).toMatchObject({
      selector: { matchExpressions: [{ key: 'app.kubernetes.io/component', values: [...services].sort() }] },
      podMetricsEndpoints: [{ port: 'admin', path: '/metrics' }],
    })
  })
})

const deploymentNames = (objects: readonly KubeObject[]): string[] =>
  objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name)

describeWithHelm('a service that is switched off', () => {
  it.each(services.filter(name => name !== 'ingest-gateway'))('leaves nothing of %s', async service => {
    const objects = await render('--set', `services.${service}.enabled=false`)
    const names = objects.map(({ metadata }) => metadata.name)
    expect(deploymentNames(objects)).toEqual(
      services
        .filter(name => name !== service)
        .map(name => `demo-${name}`)
        .sort(),
    )
    expect(names).not.toContain(`demo-${service}`)
  })
})
