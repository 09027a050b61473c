import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { describeStack, openStack, startStack, stopStack, waitUntil } from '../src/index.ts'
import { describeOnStack } from '../src/vitest.ts'
import { endOf, nothingIsLeft, processesIn, stackFolder, startStackProgram } from './stack-programs.ts'

const KAFKA_ONLY = { kafkaBrokers: 1, dataNodes: 0, cassandra: false } as const
const KAFKA_AND_HDFS = { ...KAFKA_ONLY, dataNodes: 1 } as const

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

describeOnStack('the start of a stack', ['kafka', 'hdfs'], () => {
  const folders: ReturnType<typeof stackFolder>[] = []
  afterEach(async () => {
    for (const folder of folders.splice(0)) await folder.dispose()
  })
  const newFolder = () => {
    const folder = stackFolder()
    folders.push(folder)
    return folder.directory
  }
  const someServerRuns = (directory: string) =>
    waitUntil(() => processesIn(directory).some(line => line.includes('NameNode') && !line.includes('-format')), {
      deadlineMs: 120_000,
      what: 'the NameNode to be started',
    })

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves nothing when its process ends by %s', async signal => {
    const directory = newFolder()
    const program = startStackProgram({ directory, ...KAFKA_AND_HDFS, detached: true })
    await someServerRuns(directory)
    program.kill(signal)
    await once(program, 'exit')
    expect(program.said).toBe('')
    await nothingIsLeft(directory)
  })

  it('leaves nothing when its signal aborts, and throws the reason', async () => {
    const directory = newFolder()
    const controller = new AbortController()
    const start = startStack({ directory, ...KAFKA_AND_HDFS, signal: controller.signal })
    const rejected = expect(start).rejects.toThrow('no longer wanted')
    await someServerRuns(directory)
    controller.abort(new Error('no longer wanted'))
    await rejected
    await nothingIsLeft(directory)
    expect(await openStack(directory)).toBeNull()
  })

  it('ends the servers when the process that started them is killed after', async () => {
    const directory = newFolder()
    const program = startStackProgram({ directory, ...KAFKA_ONLY })
    await waitUntil(() => program.said === 'ready\n', { deadlineMs: 240_000, what: 'the stack to be ready' })
    program.kill('SIGKILL')
    await nothingIsLeft(directory)
  })

  it('lets detached servers outlive it, to be stopped by their folder', async () => {
    const directory = newFolder()
    await endOf(startStackProgram({ directory, ...KAFKA_ONLY, detached: true }))
    expect((await describeStack(directory))!.servers).toMatchObject([{ name: 'kafka1', ready: true }])
    expect(await stopStack(directory)).toEqual(['kafka1'])
    await nothingIsLeft(directory)
    expect(await stopStack(directory)).toEqual([])
  })

  it('ends all servers when one fails, and shows the last lines of its log', async () => {
    const directory = newFolder()
    const file = path.join(directory, 'data/kafka1/meta.properties')
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, 'version=1\ncluster.id=another-cluster\nnode.id=77\n')
    await expect(startStack({ directory, ...KAFKA_AND_HDFS })).rejects.toMatchObject({
      code: 'died',
      message: expect.stringMatching(/kafka1 ended while it was starting\. Log: .*kafka1\.log[\s\S]*77/),
    })
    await nothingIsLeft(directory)
  })

  it('refuses what it cannot start', async () => {
    const directory = newFolder()
    const nothing = { kafkaBrokers: 0, dataNodes: 0, cassandra: false } as const
    await expect(startStack({ directory, ...nothing })).rejects.toMatchObject({ code: 'bad_options' })
    const two = JSON.parse('{"kafkaBrokers":2}')
    await expect(startStack({ directory, ...two })).rejects.toThrow('kafkaBrokers is 2; expected 0, 1 or 3.')
  })
})
