import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { type Container, containersOf, describeWithHelm, envOf, find, type KubeObject, podOf, render } from './helm.ts'

const consumers = ['curator', 'anomaly-scorer', 'lake-archiver', 'mart-writer']
const services = ['ingest-gateway', ...consumers, 'reconciler', 'lol-generator']

const deployment = async (service: string, ...args: string[]): Promise<KubeObject> =>
  find(await render(...args), 'Deployment', `demo-${service}`)
const podOfService = async (service: string, ...args: string[]) => podOf(await deployment(service, ...args))!
const container = async (service: string, ...args: string[]): Promise<Container> =>
  (await podOfService(service, ...args)).containers[0]!
const secret = (objects: readonly KubeObject[], name: string, key: string): string =>
  Buffer.from(find(objects, 'Secret', name).data![key]!, 'base64').toString()

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
      'services.ingest-gateway.env.MILLRACE_MAX_RECORDS=1000000,services.anomaly-scorer.env.MILLRACE_PUBLISH_SCORES=false,services.lol-generator.env.MILLRACE_CHEATERS=0.05',
    ]
    expect(envOf(await container('ingest-gateway', ...args)).MILLRACE_MAX_RECORDS).toBe('1000000')
    expect(envOf(await container('anomaly-scorer', ...args)).MILLRACE_PUBLISH_SCORES).toBe('false')
    expect(envOf(await container('lol-generator', ...args)).MILLRACE_CHEATERS).toBe('0.05')
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

  it.each(['reconciler', 'lol-generator'])('never runs two of %s', async service => {
    expect((await deployment(service)).spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
  })

  it('pauses the generator without removing it', async () => {
    expect((await deployment('lol-generator', '--set', 'services.lol-generator.paused=true')).spec.replicas).toBe(0)
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

  it('makes a key that the gateway knows and the generator uses', async () => {
    const objects = await render()
    const key = secret(objects, 'demo-generator-key', 'api-key')
    const [, id] = /^mr_([a-z0-9]{4,32})_[A-Za-z0-9_-]{43}$/.exec(key)!
    const { keys } = JSON.parse(secret(objects, 'demo-api-keys', 'keys.json'))
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatchObject({
      id,
      hash: `sha256:${createHash('sha256').update(key).digest('hex')}`,
      topics: ['lol.raw', 'lol.truth'],
    })
    const pod = podOf(find(objects, 'Deployment', 'demo-ingest-gateway'))!
    expect(pod.volumes).toContainEqual({ name: 'keys', secret: { secretName: 'demo-api-keys' } })
    // A folder, for a file that is mounted by subPath never changes again.
    expect(pod.containers[0]!.volumeMounts).toContainEqual({
      name: 'keys',
      mountPath: '/etc/millrace/keys',
      readOnly: true,
    })
    expect(envOf(pod.containers[0]!).MILLRACE_KEYS_FILE).toBe('/etc/millrace/keys/keys.json')
    expect((await container('lol-generator')).env).toContainEqual({
      name: 'MILLRACE_API_KEY',
      valueFrom: { secretKeyRef: { name: 'demo-generator-key', key: 'api-key' } },
    })
  })

  it('uses the keys it is given and makes none', async () => {
    const args = [
      '--set',
      'services.ingest-gateway.keys.existingSecret=mine,services.lol-generator.keys.existingSecret=ours',
    ]
    expect((await render(...args)).filter(({ kind }) => kind === 'Secret')).toEqual([])
    expect((await podOfService('ingest-gateway', ...args)).volumes).toContainEqual({
      name: 'keys',
      secret: { secretName: 'mine' },
    })
    expect((await container('lol-generator', ...args)).env).toContainEqual({
      name: 'MILLRACE_API_KEY',
      valueFrom: { secretKeyRef: { name: 'ours', key: 'api-key' } },
    })
  })

  it('sends the generator to the gateway, at the port of its Service', async () => {
    const args = ['--set', 'services.ingest-gateway.service.port=8081']
    expect(find(await render(...args), 'Service', 'demo-ingest-gateway').spec.ports).toMatchObject([
      { port: 8081, targetPort: 'http' },
    ])
    expect(envOf(await container('lol-generator', ...args)).MILLRACE_GATEWAY_URL).toBe(
      'http://demo-ingest-gateway:8081',
    )
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

describeWithHelm('Jobs and the test of the chart', () => {
  const jobs = async (...args: string[]) => (await render(...args)).filter(({ kind }) => kind === 'Job')
  const named = async (start: string, ...args: string[]): Promise<KubeObject> =>
    (await jobs(...args)).find(({ metadata }) => metadata.name.startsWith(start))!

  it('names a Job by its content: the same is not run again, another is another', async () => {
    const name = async (...args: string[]) => (await named('demo-topics-', ...args)).metadata.name
    expect(await name()).toMatch(/^demo-topics-[0-9a-f]{8}$/)
    expect(await name('--set', 'services.curator.replicas=3')).toBe(await name())
    expect(await name('--set', 'image.tag=2.0.0')).not.toBe(await name())
    expect(await name('--set', 'kafka.replicas=3')).not.toBe(await name())
  })

  it('never gives a Job up and never removes it, because its name would bring nothing back', async () => {
    for (const job of await jobs()) {
      expect(job.spec.backoffLimit).toBeGreaterThanOrEqual(1000)
      expect(podOf(job)!.restartPolicy).toBe('OnFailure')
      expect(job.spec).not.toHaveProperty('ttlSecondsAfterFinished')
      expect(job.spec).not.toHaveProperty('activeDeadlineSeconds')
      expect(job.metadata.annotations).toBeUndefined()
    }
  })

  it.each([
    [1, 1],
    [3, 3],
  ])('makes topics with as many copies as fit %i brokers', async (replicas, factor) => {
    const job = await named('demo-topics-', '--set', `kafka.replicas=${replicas}`)
    expect(envOf(podOf(job)!.containers[0]!)).toMatchObject({
      MILLRACE_PROVISION: 'topics',
      MILLRACE_KAFKA_BROKERS: 'demo-kafka:9092',
      MILLRACE_KAFKA_REPLICATION_FACTOR: String(factor),
    })
  })

  it('leaves the copies of topics to external brokers, unless told', async () => {
    const external = ['--set', 'kafka.enabled=false,kafka.external.brokers=k:1']
    const factor = async (...args: string[]) =>
      envOf(podOf(await named('demo-topics-', ...external, ...args))!.containers[0]!).MILLRACE_KAFKA_REPLICATION_FACTOR
    expect(await factor()).toBeUndefined()
    expect(await factor('--set', 'kafka.replicationFactor=2')).toBe('2')
  })

  it('makes the tables with as many copies as fit, and tells the writer to wait for them', async () => {
    const job = await named('demo-mart-schema-', '--set', 'cassandra.replicas=5')
    expect(envOf(podOf(job)!.containers[0]!)).toMatchObject({
      MILLRACE_PROVISION: 'mart',
      MILLRACE_CASSANDRA_CONTACT_POINTS: 'demo-cassandra',
      MILLRACE_CASSANDRA_REPLICATION: 'datacenter1:3',
    })
    expect(envOf(await container('mart-writer')).MILLRACE_MART_SCHEMA).toBe('wait')
  })

  it('makes neither where the user does', async () => {
    const names = (await jobs('--set', 'topics.manage=false,mart.manageSchema=false')).map(
      ({ metadata }) => metadata.name,
    )
    expect(names).toEqual([expect.stringMatching(/^demo-lake-folder-/)])
  })

  it.each([
    ['helm test', [], (objects: readonly KubeObject[]) => find(objects, 'Pod', 'demo-proof')],
    [
      'the one-shot Job',
      ['--set', 'services.lol-generator.job.enabled=true,services.lol-generator.job.env.MILLRACE_SEED=7'],
      (objects: readonly KubeObject[]) =>
        objects.find(({ metadata }) => /^demo-lol-generator-job-[0-9a-f]{8}$/.test(metadata.name))!,
    ],
  ])('sends with a ledger and compares the same ledger in the end: %s', async (_name, args, pick) => {
    const pod = podOf(pick(await render(...args)))!
    const [send, reconcile] = containersOf(pod) as [Container, Container]
    expect(send.image).toMatch(/^millrace\/lol-generator:/)
    expect(reconcile.image).toMatch(/^millrace\/reconciler:/)
    expect(envOf(send)).toMatchObject({
      MILLRACE_SINK: 'gateway',
      MILLRACE_GATEWAY_URL: 'http://demo-ingest-gateway:80',
    })
    expect(envOf(reconcile)).toMatchObject({
      MILLRACE_ONCE: 'true',
      MILLRACE_KAFKA_BROKERS: 'demo-kafka:9092',
      MILLRACE_WEBHDFS_URLS: 'http://demo-namenode:9870',
      MILLRACE_CASSANDRA_CONTACT_POINTS: 'demo-cassandra',
    })
    for (const { env, volumeMounts } of [send, reconcile]) {
      const ledger = env!.find(({ name }) => name === 'MILLRACE_LEDGER')!.value
      expect(volumeMounts).toContainEqual({ name: 'ledger', mountPath: ledger })
    }
    expect(pod.initContainers).toHaveLength(1)
    if (args.length > 0) expect(envOf(send).MILLRACE_SEED).toBe('7')
  })

  it('tests with events that no earlier test has sent', async () => {
    const [send] = containersOf(podOf(find(await render(), 'Pod', 'demo-proof'))!) as [Container]
    expect(envOf(send)).toMatchObject({ MILLRACE_START: 'now', MILLRACE_SPEED: 'max' })
    expect(envOf(send).MILLRACE_DURATION).not.toBe('forever')
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
