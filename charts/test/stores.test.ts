import { expect, it } from 'vitest'
import { containersOf, describeWithHelm, envOf, find, type KubeObject, podOf, render } from './helm.ts'

const properties = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter(line => /^[a-z]/.test(line))
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
const xml = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/<name>(.*?)<\/name><value>(.*?)<\/value>/g)].map(([, name, value]) => [name!, value!]),
  )
const config = async (name: string, file: string, ...args: string[]): Promise<string> =>
  find(await render(...args), 'ConfigMap', name).data![file]!
const statefulSet = async (name: string, ...args: string[]): Promise<KubeObject> =>
  find(await render(...args), 'StatefulSet', name)
const three = ['--set', 'kafka.replicas=3,hadoop.datanode.replicas=3,cassandra.replicas=3']

describeWithHelm('every store', () => {
  it.each(['demo-kafka', 'demo-namenode', 'demo-datanode', 'demo-cassandra'])(
    'is a StatefulSet with a volume, a name for its pods and patience at the start: %s',
    async name => {
      const objects = await render()
      const { spec } = await statefulSet(name)
      const { serviceName, volumeClaimTemplates } = spec as { serviceName: string; volumeClaimTemplates: unknown[] }
      expect(volumeClaimTemplates).toMatchObject([
        { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } },
      ])
      expect(find(objects, 'Service', serviceName).spec).toMatchObject({ publishNotReadyAddresses: true })
      const [container] = podOf(find(objects, 'StatefulSet', name))!.containers
      const { startupProbe, livenessProbe } = container!
      // A quarter of an hour: a server that reads its data again is not killed for it.
      expect(startupProbe!.periodSeconds! * startupProbe!.failureThreshold!).toBeGreaterThanOrEqual(900)
      expect(livenessProbe!.failureThreshold).toBeGreaterThanOrEqual(6)
      expect(container!.volumeMounts).toContainEqual(expect.objectContaining({ name: 'data' }))
    },
  )

  it.each([
    ['demo-kafka', 'demo-kafka', 'kafka.replicas=3'],
    ['demo-namenode', 'demo-hadoop', 'hadoop.datanode.replicas=2'],
    ['demo-cassandra', 'demo-cassandra', 'cassandra.replicas=3'],
  ])('starts anew when its settings change, and only then: %s', async (name, _map, change) => {
    const checksum = async (...args: string[]) =>
      ((await statefulSet(name, ...args)).spec as { template: { metadata: { annotations: Record<string, string> } } })
        .template.metadata.annotations['checksum/config']
    expect(await checksum()).toMatch(/^[0-9a-f]{16}$/)
    expect(await checksum('--set', change)).not.toBe(await checksum())
    expect(await checksum('--set', 'services.curator.replicas=2')).toBe(await checksum())
  })

  it('takes the size and class of its volume, and where it may run', async () => {
    const args = ['--set', 'kafka.storage.size=7Gi,kafka.storage.className=fast,kafka.nodeSelector.disk=ssd']
    const object = await statefulSet('demo-kafka', ...args)
    expect(object.spec.volumeClaimTemplates).toMatchObject([
      { spec: { storageClassName: 'fast', resources: { requests: { storage: '7Gi' } } } },
    ])
    expect(podOf(object)!.nodeSelector).toEqual({ disk: 'ssd' })
  })

  it.each([
    ['kafka', ['demo-kafka', 'demo-kafka-peers'], 'kafka.external.brokers=k:1'],
    ['hadoop', ['demo-hadoop', 'demo-namenode', 'demo-datanode'], 'hadoop.external.webhdfsUrls=http://n:1'],
    ['cassandra', ['demo-cassandra', 'demo-cassandra-peers'], 'cassandra.external.contactPoints=c'],
  ])('is gone where the user has one: %s', async (store, names, external) => {
    const left = (await render('--set', `${store}.enabled=false,${external}`)).map(({ metadata }) => metadata.name)
    expect(left.filter(name => names.includes(name))).toEqual([])
    expect(left).toContain('demo-curator')
  })
})

describeWithHelm('Kafka in the chart', () => {
  it.each([
    [1, '1', '1'],
    [3, '3', '2'],
  ])('of %i keeps %s copies, of which %s must have a record', async (replicas, copies, inSync) => {
    const server = properties(await config('demo-kafka', 'server.properties', '--set', `kafka.replicas=${replicas}`))
    expect(server).toMatchObject({
      'process.roles': 'broker,controller',
      'default.replication.factor': copies,
      'offsets.topic.replication.factor': copies,
      'min.insync.replicas': inSync,
      'auto.create.topics.enable': 'false',
    })
    expect(server['controller.quorum.voters']!.split(',')).toEqual(
      [...Array(replicas).keys()].map(index => `${index}@demo-kafka-${index}.demo-kafka-peers.there.svc:9093`),
    )
  })

  it('formats a volume once, with an id that a second install finds again', async () => {
    const script = async (release: string) =>
      podOf(find(await render(release), 'StatefulSet', `${release}-kafka`))!.initContainers![0]!.args![0]!
    const id = /--cluster-id (\S+)/.exec(await script('demo'))![1]!
    expect(id).toMatch(/^[0-9a-f]{21}A$/)
    expect(Buffer.from(id, 'base64url')).toHaveLength(16)
    expect(await script('demo')).toContain('[ -f /var/lib/kafka/data/log/meta.properties ] ||')
    expect(await script('other')).not.toContain(id)
  })

  it('keeps its data in a folder of its volume, for a volume may have a lost+found', async () => {
    const { 'log.dirs': folder } = properties(await config('demo-kafka', 'server.properties'))
    const [container] = podOf(await statefulSet('demo-kafka'))!.containers
    const { mountPath } = container!.volumeMounts!.find(({ name }) => name === 'data')!
    expect(folder).toMatch(new RegExp(`^${mountPath}/.+`))
  })

  it('starts three brokers at once, for none is ready alone', async () => {
    expect((await statefulSet('demo-kafka', ...three)).spec).toMatchObject({
      replicas: 3,
      podManagementPolicy: 'Parallel',
    })
    expect((await statefulSet('demo-kafka', ...three)).spec.minReadySeconds).toBeGreaterThan(0)
  })
})

describeWithHelm('HDFS in the chart', () => {
  it.each([
    [1, '1'],
    [2, '2'],
    [5, '3'],
  ])('of %i DataNodes keeps %s copies', async (replicas, copies) => {
    const args = ['--set', `hadoop.datanode.replicas=${replicas}`]
    expect(xml(await config('demo-hadoop', 'hdfs-site.xml', ...args))['dfs.replication']).toBe(copies)
    expect((await statefulSet('demo-datanode', ...args)).spec.replicas).toBe(replicas)
  })

  it('has one NameNode under one address, also while it is in safe mode', async () => {
    expect((await statefulSet('demo-namenode')).spec.replicas).toBe(1)
    expect(find(await render(), 'Service', 'demo-namenode').spec).toMatchObject({ publishNotReadyAddresses: true })
    expect(xml(await config('demo-hadoop', 'core-site.xml'))['fs.defaultFS']).toBe('hdfs://demo-namenode:8020')
    expect(xml(await config('demo-hadoop', 'hdfs-site.xml'))['dfs.namenode.rpc-bind-host']).toBe('0.0.0.0')
  })

  it('sends WebHDFS clients to names that every pod can look up', async () => {
    const { 'dfs.datanode.hostname': name } = xml(await config('demo-hadoop', 'hdfs-site.xml'))
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Hadoop's own way to read the environment
    expect(name).toBe('${env.POD_NAME}.demo-datanode.there.svc')
    const { env } = podOf(await statefulSet('demo-datanode'))!.containers[0]!
    expect(env).toContainEqual({ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } })
  })

  it('gives the lake to its user', async () => {
    const objects = await render('--set', 'lake.root=/data/lake,lake.user=ann')
    const job = objects.find(({ metadata }) => /^demo-lake-folder-[0-9a-f]{8}$/.test(metadata.name) && metadata)!
    const [container] = containersOf(podOf(job)!)
    expect(envOf(container!)).toMatchObject({ HADOOP_USER_NAME: 'hdfs', LAKE_ROOT: '/data/lake', LAKE_USER: 'ann' })
    expect(envOf(podOf(find(objects, 'Deployment', 'demo-lake-archiver'))!.containers[0]!)).toMatchObject({
      MILLRACE_LAKE_ROOT: '/data/lake',
      MILLRACE_WEBHDFS_USER: 'ann',
    })
  })
})

describeWithHelm('Cassandra in the chart', () => {
  it('acknowledges what is on disk, and ends when it cannot write', async () => {
    const text = await config('demo-cassandra', 'cassandra.yaml')
    expect(text).toMatch(/^commitlog_sync: batch$/m)
    expect(text).toMatch(/^disk_failure_policy: die$/m)
    expect(text).toMatch(/^commit_failure_policy: die$/m)
  })

  it('joins its nodes one after the other, by the first', async () => {
    const object = await statefulSet('demo-cassandra', ...three)
    expect(object.spec).not.toHaveProperty('podManagementPolicy')
    const [script] = podOf(object)!.containers[0]!.args!
    expect(script).toContain('seeds=demo-cassandra-0.demo-cassandra-peers.there.svc')
  })

  it('waits for other nodes only where there are some', async () => {
    const script = async (...args: string[]) =>
      podOf(await statefulSet('demo-cassandra', ...args))!.containers[0]!.args![0]
    expect(await script()).toContain('-Dcassandra.skip_wait_for_gossip_to_settle=0')
    expect(await script(...three)).not.toContain('skip_wait_for_gossip_to_settle')
  })

  it.each(['kafka', 'namenode', 'datanode', 'prometheus'])(
    'lets a rollback replace a pod that cannot start: %s',
    async store => {
      const { podManagementPolicy } = find(await render(), 'StatefulSet', `demo-${store}`).spec
      expect(podManagementPolicy).toBe('Parallel')
    },
  )
})
