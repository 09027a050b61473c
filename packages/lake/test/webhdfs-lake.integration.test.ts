import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@millrace/runtime'
import { openStack, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fileDigest } from '../src/data-file.ts'
import { createWebHdfsLake, type Lake, type WebHdfsLakeOptions } from '../src/index.ts'
import { eraseAll, expectErased, readAll } from './erase-world.ts'
import { createCrashingLake } from './faulty-lake.ts'
import { lakeConformance } from './lake-conformance.ts'
import { Crash, expectExactlyOnce, makeLog, makeReader, makeWorld } from './lake-world.ts'

const MIB = 1 << 20

describeOnStack('webhdfs lake', ['hdfs'], ({ hdfs, directory }) => {
  const newLake = (options: Partial<WebHdfsLakeOptions> = {}): Lake =>
    createWebHdfsLake({
      nameNodes: hdfs.nameNodes,
      user: hdfs.user,
      root: `/lake-${randomUUID()}`,
      clock: systemClock,
      ...options,
    })
  const serverOf = async (name: string) => {
    const stack = await openStack(directory)
    if (!stack) throw new Error(`No stack runs in ${directory}.`)
    return stack.server(name)
  }
  let scratch: string
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'webhdfs-lake-'))
  })
  afterAll(() => rm(scratch, { recursive: true, force: true }))

  lakeConformance('webhdfs', async () => newLake())

  it('stores every record exactly once, whoever dies at which call, and however two writers run together', async () => {
    const log = makeLog(13)
    const lake = newLake()
    const world = await makeWorld(lake)
    try {
      const look = makeReader(world)
      for (const [index, when] of (['before', 'after', 'torn', 'after', 'before', 'after'] as const).entries()) {
        const crashing = createCrashingLake(lake, { call: 4 + index * 3, when }, look)
        await world.archive(world.newWriter(crashing.lake), log.slice(0, 3 + index), 2).catch(error => {
          if (!(error instanceof Crash)) throw error
        })
      }
      await Promise.all([3, 4].map(perSegment => world.archive(world.newWriter(lake), log, perSegment)))
      await look()
      await expectExactlyOnce(world, log)
    } finally {
      await world.remove()
      await lake.close()
    }
  })

  it('erases rows, whoever dies at which call', async () => {
    const log = makeLog(5)
    const erased = [0, 3, 4]
    const lake = newLake()
    const world = await makeWorld(lake)
    try {
      await world.archive(world.newWriter(lake), log, 3)
      for (const [index, when] of (['before', 'after', 'torn', 'after', 'before', 'after'] as const).entries()) {
        const crashing = createCrashingLake(lake, { call: 4 + index * 3, when })
        await eraseAll(crashing.lake, erased, world).catch(error => {
          if (!(error instanceof Crash)) throw error
        })
        expect((await readAll(lake, world.directory)).manifests.map(({ firstOffset }) => firstOffset)).toEqual([0, 3])
      }
      await Promise.all([eraseAll(lake, erased, world), eraseAll(lake, [1], { ...world, erasure: 'other' })])
      await expectErased(lake, log, { ...world, erased: [0, 1, 3, 4] })
    } finally {
      await world.remove()
      await lake.close()
    }
  })

  it.each(['datanode1', 'datanode2'])('stores the whole file when %s is killed in the middle of it', async name => {
    const lake = newLake({ stallTimeoutMs: 20_000, retry: { attempts: 8, firstDelayMs: 500 } })
    const source = join(scratch, 'big')
    await writeFile(source, randomUUID())
    await truncate(source, 160 * MIB)
    let isWritten = false
    const writing = lake.write('folder/big', { localFile: source }).then(() => {
      isWritten = true
    })
    await waitUntil(async () => (await lake.list('folder')).length > 0, {
      what: 'the file to be begun',
      deadlineMs: 120_000,
    })
    const dataNode = await serverOf(name)
    await dataNode.kill()
    expect(isWritten).toBe(false)
    await writing
    await dataNode.restart()
    await lake.download('folder/big', join(scratch, 'back'))
    expect(await fileDigest(join(scratch, 'back'))).toEqual(await fileDigest(source))
    await lake.close()
  })

  it('does not wait for ever for a frozen NameNode, and goes on when it is thawed', async () => {
    const nameNode = await serverOf('namenode')
    const root = `/lake-${randomUUID()}`
    const impatient = newLake({ root, answerTimeoutMs: 1000, retry: { attempts: 2, firstDelayMs: 50 } })
    const patient = newLake({ root, answerTimeoutMs: 1000, retry: { attempts: 10, firstDelayMs: 100 } })
    await patient.write('before', Buffer.from('x'))
    await nameNode.freeze()
    let writing: Promise<unknown>
    try {
      await expect(impatient.write('file', Buffer.from('first'))).rejects.toMatchObject({
        code: 'lake_timeout',
        retryable: true,
      })
      await expect(impatient.rename('before', 'after')).rejects.toMatchObject({ code: 'lake_timeout' })
      await expect(impatient.ping()).rejects.toMatchObject({ code: 'lake_timeout' })
      writing = patient.write('file', Buffer.from('second'))
      writing.catch(() => {})
    } finally {
      await nameNode.thaw()
    }
    await writing
    expect(String(await patient.read('file'))).toBe('second')
    // The rename that nobody heard of any more may have been carried out: both names together hold the file once.
    const [before, after] = [await patient.stat('before'), await patient.stat('after')]
    expect([before, after].filter(entry => entry !== null)).toHaveLength(1)
    await impatient.close()
    await patient.close()
  })

  it('says that the NameNode is in safe mode, and goes on when it has left it', async () => {
    const root = `/lake-${randomUUID()}`
    const lake = newLake({ root, answerTimeoutMs: 3000, retry: { attempts: 2, firstDelayMs: 50 } })
    await lake.write('before', Buffer.from('x'))
    const dataNodes = await Promise.all(['datanode1', 'datanode2'].map(serverOf))
    for (const dataNode of dataNodes) await dataNode.kill()
    const nameNode = await serverOf('namenode')
    // Without a DataNode it stays in safe mode, so it does not become ready before they are back.
    const restarted = nameNode.restart()
    try {
      await waitUntil(
        async () => {
          const error = await lake.ping().catch((caught: unknown) => caught)
          return (error as { code?: string } | undefined)?.code === 'safe_mode'
        },
        { what: 'the NameNode to answer in safe mode', deadlineMs: 120_000 },
      )
      await expect(lake.rename('before', 'after')).rejects.toMatchObject({ code: 'safe_mode', retryable: true })
      await expect(lake.write('file', Buffer.from('x'))).rejects.toMatchObject({ retryable: true })
    } finally {
      await Promise.all(dataNodes.map(dataNode => dataNode.restart()))
      await restarted
    }
    await waitUntil(
      () =>
        lake.write('file', Buffer.from('x')).then(
          () => true,
          () => false,
        ),
      { what: 'the lake to take writes again', deadlineMs: 120_000 },
    )
    expect(await lake.rename('before', 'after')).toBe('renamed')
    await lake.close()
  })
})
