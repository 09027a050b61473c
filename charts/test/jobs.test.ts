import { expect, it } from 'vitest'
import { generators } from './domains.ts'
import { type Container, containersOf, describeWithHelm, envOf, find, type KubeObject, podOf, render } from './helm.ts'

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
    const writer = podOf(find(await render(), 'Deployment', 'demo-mart-writer'))!
    expect(envOf(writer.containers[0]!).MILLRACE_MART_SCHEMA).toBe('wait')
  })

  it('tells whoever writes or compares the tables how long their rows are kept', async () => {
    const retention = { MILLRACE_MART_RETENTION: '*=400d,shop_events=30d' }
    const args = ['--set-json', 'mart.retention={"shop_events": "30d", "*": "400d"}']
    const deployed = await render(...args)
    const job = await named('demo-mart-schema-', ...args)
    for (const object of [
      job,
      find(deployed, 'Deployment', 'demo-mart-writer'),
      find(deployed, 'Deployment', 'demo-reconciler'),
    ])
      expect(envOf(podOf(object)!.containers[0]!)).toMatchObject(retention)
    const archiver = podOf(find(deployed, 'Deployment', 'demo-lake-archiver'))!
    expect(envOf(archiver.containers[0]!)).not.toHaveProperty('MILLRACE_MART_RETENTION')
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
      ['--set', 'services.generator.job.enabled=true,services.generator.job.env.MILLRACE_SEED=7'],
      (objects: readonly KubeObject[]) =>
        objects.find(({ metadata }) => /^demo-generator-job-[0-9a-f]{8}$/.test(metadata.name))!,
    ],
  ])('sends with a ledger and compares the same ledger in the end: %s', async (_name, args, pick) => {
    const pod = podOf(pick(await render(...args)))!
    const senders = pod.initContainers ?? []
    const [reconcile] = pod.containers as [Container]
    expect(senders.map(({ image }) => image.replace(/:.*/, ''))).toEqual(generators.map(name => `millrace/${name}`))
    expect(reconcile.image).toMatch(/^millrace\/reconciler:/)
    for (const send of senders)
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
    for (const { env, volumeMounts } of [...senders, reconcile]) {
      const ledger = env!.find(({ name }) => name === 'MILLRACE_LEDGER')!.value
      expect(volumeMounts).toContainEqual({ name: 'ledger', mountPath: ledger })
    }
    if (args.length > 0) for (const send of senders) expect(envOf(send).MILLRACE_SEED).toBe('7')
  })

  it('tests with events that no earlier test has sent', async () => {
    const [send] = containersOf(podOf(find(await render(), 'Pod', 'demo-proof'))!) as [Container]
    expect(envOf(send)).toMatchObject({ MILLRACE_START: 'now', MILLRACE_SPEED: 'max' })
    expect(envOf(send).MILLRACE_DURATION).not.toBe('forever')
  })
})
