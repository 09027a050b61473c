import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import { Client } from 'cassandra-driver'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTcpProxy, describeStack, openStack, type Stack, startStack, waitUntil } from '../src/index.ts'
import { describeOnStack } from '../src/vitest.ts'
import { createTopic, endOf, nothingIsLeft, stackFolder, startProgram, withKafka } from './stack-programs.ts'

// A server starts within seconds on an idle machine, and within minutes on one that is not.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

describeOnStack('a stack', ['kafka', 'hdfs', 'cassandra'], provided => {
  const { way } = provided
  const { directory, dispose } = stackFolder(way)
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ directory, kafkaBrokers: 1, dataNodes: 1, cassandra: true, way })
  })
  afterAll(dispose)

  const describeServer = async (name: string) =>
    (await describeStack(directory))!.servers.find(server => server.name === name)!

  const pidOf = async (name: string) => (await describeServer(name)).pid

  it('describes its servers', async () => {
    const description = await describeStack(directory)
    expect(description?.servers.map(server => server.name)).toEqual(['kafka1', 'namenode', 'datanode1', 'cassandra'])
    for (const server of description!.servers) {
      expect(server).toMatchObject({
        state: 'running',
        ready: true,
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      })
      expect(server.rssBytes).toBeGreaterThan(50 * 2 ** 20)
    }
    expect(new Set(description!.servers.map(server => server.address)).size).toBe(4)
  })

  it('can be reached at 127.0.0.1 only', async () => {
    const others = Object.values(os.networkInterfaces())
      .flatMap(addresses => addresses ?? [])
      .map(({ address, family, scopeid }) => (family === 'IPv6' && scopeid ? null : address))
      .filter(address => address !== null && address !== '127.0.0.1')
    expect(others.length).toBeGreaterThan(0)
    for (const { address } of (await describeStack(directory))!.servers) {
      const port = Number(address.split(':')[1])
      expect(await answersAt('127.0.0.1', port), address).toBe(true)
      for (const other of others) expect(await answersAt(other!, port), `${other}, port ${port}`).toBe(false)
    }
  })

  const answersAt = (host: string, port: number) =>
    new Promise<boolean>(resolve => {
      const socket = net.connect({ host, port, timeout: 5000 })
      const end = (answers: boolean) => {
        socket.destroy()
        resolve(answers)
      }
      socket.once('connect', () => end(true))
      socket.once('timeout', () => end(false))
      socket.once('error', () => end(false))
    })

  it('refuses a second start in its folder', async () => {
    await expect(startStack({ directory, cassandra: false })).rejects.toMatchObject({
      code: 'already_running',
      message: expect.stringContaining('kafka1'),
    })
    expect((await describeServer('kafka1')).ready).toBe(true)
  })

  it('keeps what Kafka acknowledged over kill -9 and restart', async () => {
    await withKafka(stack.addresses.kafka!.brokers, async kafka => {
      const { brokers } = stack.addresses.kafka!
      await createTopic(kafka, brokers, { topic: 'kept', numPartitions: 1, replicationFactor: 1 })
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'a' }, { value: 'b' }] })
      await producer.disconnect()
    })
    await killAndRestart('kafka1')
    await withKafka(stack.addresses.kafka!.brokers, async kafka => {
      const admin = kafka.admin()
      await admin.connect()
      const offsets = await admin.fetchTopicOffsets('kept')
      await admin.disconnect()
      expect(offsets).toMatchObject([{ partition: 0, high: '2' }])
    })
  })

  it('keeps what Cassandra acknowledged over kill -9 and restart', async () => {
    const { contactPoints, localDataCenter, port } = stack.addresses.cassandra!
    const query = async (cql: string) => {
      const client = new Client({ contactPoints: [...contactPoints], localDataCenter, protocolOptions: { port } })
      try {
        return await client.execute(cql)
      } finally {
        await client.shutdown()
      }
    }
    await query(`CREATE KEYSPACE kept WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`)
    await query('CREATE TABLE kept.rows (id int PRIMARY KEY, text text)')
    await query(`INSERT INTO kept.rows (id, text) VALUES (1, 'a')`)
    await killAndRestart('cassandra')
    expect((await query('SELECT text FROM kept.rows')).rows.map(row => row.text)).toEqual(['a'])
  })

  it('keeps files over kill -9 and restart of DataNode and NameNode', async () => {
    await writeFile('/kept/file', 'hello')
    await stack.server('datanode1').kill()
    // Away for so long that the NameNode forgets where its blocks are: ready is who has reported them again.
    await waitUntil(async () => (await readFile('/kept/file')).includes('RemoteException'), {
      deadlineMs: 120_000,
      what: 'the NameNode to miss the DataNode',
      intervalMs: 500,
    })
    await stack.server('datanode1').restart()
    expect(await readFile('/kept/file')).toBe('hello')
    await killAndRestart('namenode')
    expect(await readFile('/kept/file')).toBe('hello')
    await writeFile('/kept/second', 'again')
    expect(await readFile('/kept/second')).toBe('again')
  })

  it('freezes a server, which then is not ready, and thaws it', async () => {
    const namenode = stack.server('namenode')
    const pid = await pidOf('namenode')
    await namenode.thaw()
    await namenode.freeze()
    await namenode.freeze()
    expect(await describeServer('namenode')).toMatchObject({ state: 'frozen', ready: false, pid })
    await namenode.thaw()
    await waitUntil(async () => (await describeServer('namenode')).ready, { deadlineMs: 120_000, what: 'the NameNode' })
    expect(await describeServer('namenode')).toMatchObject({ state: 'running', ready: true, pid })
  })

  it('says of a killed server that it is gone, and refuses what makes no sense then', async () => {
    const datanode = stack.server('datanode1')
    await datanode.kill()
    expect(await describeServer('datanode1')).toMatchObject({ state: 'gone', ready: false, pid: null, rssBytes: 0 })
    await expect(datanode.freeze()).rejects.toMatchObject({ code: 'not_running' })
    await datanode.restart()
    expect(await describeServer('datanode1')).toMatchObject({ state: 'running', ready: true })
  })

  it('knows its servers by name', () => {
    expect(() => stack.server('kafka2')).toThrow('Known: kafka1, namenode, datanode1, cassandra.')
  })

  it('obeys another process', async () => {
    const before = await pidOf('datanode1')
    await endOf(startProgram('kill-and-restart.ts', directory, 'datanode1'))
    expect(await describeServer('datanode1')).toMatchObject({ state: 'running', ready: true })
    expect(await pidOf('datanode1')).not.toBe(before)
  })

  it('sends Kafka clients past a place where a proxy stands', async () => {
    const [detour] = stack.kafkaDetours
    const proxy = await createTcpProxy(detour!)
    try {
      await withKafka([detour!.listen], async kafka => {
        const producer = kafka.producer()
        await producer.connect()
        await producer.send({ topic: 'kept', messages: [{ value: 'by detour' }] })
        expect(proxy.connections).toBeGreaterThan(0)
        await proxy.refuse()
        await expect(producer.send({ topic: 'kept', messages: [{ value: 'lost' }] })).rejects.toThrow()
        await producer.disconnect()
      })
    } finally {
      await proxy.close()
    }
  })

  it('runs beside another stack, and leaves no process but of that one when it is stopped', async () => {
    const ports = [...stack.addresses.kafka!.brokers, stack.addresses.cassandra!.port]
    for (const port of [...provided.kafka.brokers, provided.cassandra.port]) expect(ports).not.toContain(port)
    await stack.stop()
    await nothingIsLeft(directory, way)
    expect(await openStack(directory)).toBeNull()
    expect((await describeStack(directory))!.servers.map(server => server.state)).toEqual(Array(4).fill('gone'))
    expect((await describeStack(provided.directory))!.servers.every(server => server.ready)).toBe(true)
  })

  it('starts again with its data and at its addresses', async () => {
    const again = await startStack({ directory, kafkaBrokers: 0, dataNodes: 1, cassandra: false, way })
    expect(again.addresses.hdfs).toEqual(stack.addresses.hdfs)
    expect(await readFile('/kept/file')).toBe('hello')
    await again.stop({ graceMs: 0 })
    await nothingIsLeft(directory, way)
  })

  async function killAndRestart(name: string): Promise<void> {
    const before = await pidOf(name)
    await stack.server(name).kill()
    await stack.server(name).restart()
    const after = await describeServer(name)
    expect(after).toMatchObject({ state: 'running', ready: true })
    expect(after.pid).not.toBe(before)
  }

  const fileUrl = (file: string, operation: string) =>
    `${stack.addresses.hdfs!.nameNodes[0]}/webhdfs/v1${file}?user.name=${stack.addresses.hdfs!.user}&op=${operation}`

  async function writeFile(file: string, content: string): Promise<void> {
    const first = await fetch(fileUrl(file, 'CREATE'), { method: 'PUT', redirect: 'manual' })
    const second = http.request(first.headers.get('location')!, { method: 'PUT' }).end(content)
    const [response] = (await once(second, 'response')) as [http.IncomingMessage]
    expect(response.statusCode).toBe(201)
    response.resume()
  }

  const readFile = async (file: string) => (await fetch(fileUrl(file, 'OPEN'))).text()
})
