import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { GenericContainer, Wait } from 'testcontainers'
import { afterEach, expect, it, vi } from 'vitest'
import { containerName } from '../src/docker-way.ts'
import { describeStack, openStack, startStack, stopStack, waitUntil } from '../src/index.ts'
import { noteVolume } from '../src/stack-state.ts'
import { SERVER_IMAGES } from '../src/versions.ts'
import { describeOnStack } from '../src/vitest.ts'
import { endOf, nothingIsLeft, stackFolder, startStackProgram } from './stack-programs.ts'

const KAFKA_ONLY = { kafkaBrokers: 1, dataNodes: 0, cassandra: false } as const
const KAFKA_AND_HDFS = { ...KAFKA_ONLY, dataNodes: 1 } as const

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

describeOnStack('the start of a stack', ['kafka', 'hdfs'], ({ way }) => {
  const folders: ReturnType<typeof stackFolder>[] = []
  afterEach(async () => {
    for (const folder of folders.splice(0)) await folder.dispose()
  })
  const newFolder = () => {
    const folder = stackFolder(way)
    folders.push(folder)
    return folder.directory
  }
  const someServerRuns = (directory: string) =>
    waitUntil(async () => (await stateOf(directory, 'namenode')) === 'running', {
      deadlineMs: 120_000,
      what: 'the NameNode to be started',
    })
  const stateOf = async (directory: string, name: string) =>
    (await describeStack(directory))?.servers.find(server => server.name === name)?.state

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves nothing when its process ends by %s', async signal => {
    const directory = newFolder()
    const program = startStackProgram({ directory, ...KAFKA_AND_HDFS, way, detached: true })
    await someServerRuns(directory)
    program.kill(signal)
    await once(program, 'exit')
    expect(program.said).toBe('')
    await nothingIsLeft(directory, way)
  })

  it('leaves nothing when its signal aborts, and throws the reason', async () => {
    const directory = newFolder()
    const controller = new AbortController()
    const start = startStack({ directory, ...KAFKA_AND_HDFS, way, signal: controller.signal })
    const rejected = expect(start).rejects.toThrow('no longer wanted')
    await someServerRuns(directory)
    controller.abort(new Error('no longer wanted'))
    await rejected
    await nothingIsLeft(directory, way)
    expect(await openStack(directory)).toBeNull()
  })

  it('ends the servers when the process that started them is killed after', async () => {
    const directory = newFolder()
    const program = startStackProgram({ directory, ...KAFKA_ONLY, way })
    await waitUntil(() => program.said === 'ready\n', { deadlineMs: 240_000, what: 'the stack to be ready' })
    program.kill('SIGKILL')
    await nothingIsLeft(directory, way)
  })

  it('lets detached servers outlive it, to be stopped by their folder', async () => {
    const directory = newFolder()
    await endOf(startStackProgram({ directory, ...KAFKA_ONLY, way, detached: true }))
    expect((await describeStack(directory))!.servers).toMatchObject([{ name: 'kafka1', ready: true }])
    expect(await stopStack(directory)).toEqual(['kafka1'])
    await nothingIsLeft(directory, way)
    expect(await stopStack(directory)).toEqual([])
  })

  it('ends all servers when one fails, and shows the last lines of its log', async () => {
    const directory = newFolder()
    await putDataOfAnotherBroker(directory)
    await expect(startStack({ directory, ...KAFKA_AND_HDFS, way })).rejects.toMatchObject({
      code: 'died',
      message: expect.stringMatching(/kafka1 ended while it was starting\. Log: .*kafka1\.log[\s\S]*77/),
    })
    await nothingIsLeft(directory, way)
  })

  async function putDataOfAnotherBroker(directory: string): Promise<void> {
    const properties = 'version=1\ncluster.id=another-cluster\nnode.id=77\n'
    if (way === 'java') {
      const file = path.join(directory, 'data/kafka1/meta.properties')
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, properties)
      return
    }
    const volume = containerName(directory, 'kafka1')
    noteVolume(directory, 'kafka1', volume)
    const container = await new GenericContainer(SERVER_IMAGES.kafka)
      .withBindMounts([{ source: volume, target: '/data' }])
      .withUser('root')
      .withEnvironment({ PROPERTIES: properties })
      .withEntrypoint(['sh', '-c', 'mkdir /data/log && echo "$PROPERTIES" > /data/log/meta.properties'])
      .withAutoCleanup(false)
      .withWaitStrategy(Wait.forOneShotStartup())
      .start()
    await container.stop()
  }

  it('refuses what it cannot start', async () => {
    const directory = newFolder()
    const nothing = { kafkaBrokers: 0, dataNodes: 0, cassandra: false } as const
    await expect(startStack({ directory, ...nothing })).rejects.toMatchObject({ code: 'bad_options' })
    const two = JSON.parse('{"kafkaBrokers":2}')
    await expect(startStack({ directory, ...two })).rejects.toThrow('kafkaBrokers is 2; expected 0, 1 or 3.')
  })
})
