import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret, systemClock } from '@millrace/runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { createWebHdfsLake, type Lake, type WebHdfsLakeOptions } from '../src/index.ts'
import { bytesOf, type FakeHdfs, type Fault, remote, startFakeHdfs } from './fake-hdfs.ts'
import { lakeConformance } from './lake-conformance.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function setUp(
  servers: { nameNodes?: number; dataNodes?: number } = {},
  options: Partial<WebHdfsLakeOptions> = {},
): Promise<{ hdfs: FakeHdfs; lake: Lake }> {
  const hdfs = await startFakeHdfs(servers)
  const lake = createWebHdfsLake({
    nameNodes: hdfs.urls,
    user: 'tester',
    root: '/lake',
    clock: systemClock,
    answerTimeoutMs: 30_000,
    stallTimeoutMs: 30_000,
    retry: { firstDelayMs: 5 },
    ...options,
  })
  opened.push(hdfs, lake)
  return { hdfs, lake }
}

/** Where nothing answers anyhow. */
const IMPATIENT = { answerTimeoutMs: 300, stallTimeoutMs: 300 }
/** Where one is silent, and the others must not be taken for silent because the machine is slow. */
const SOON = { answerTimeoutMs: 3_000, stallTimeoutMs: 3_000 }

const silence: Fault = () => 'handled'
const cut: Fault = (_seen, request) => {
  request.socket.destroy()
  return 'handled'
}
const status =
  (code: number, body = ''): Fault =>
  (_seen, _request, response) => {
    response.writeHead(code).end(body)
    return 'handled'
  }
const BYTES = Buffer.from('the bytes of a file')

lakeConformance('webhdfs over a server in memory', async () => {
  const hdfs = await startFakeHdfs({ dataNodes: 2 })
  const lake = createWebHdfsLake({ nameNodes: hdfs.urls, user: 'tester', root: '/lake', clock: systemClock })
  return { ...lake, close: () => lake.close().then(() => hdfs.close()) }
})

describe('webhdfs lake: writes', () => {
  it.each<[string, Fault]>([
    ['503', status(503)],
    ['413', status(413)],
    ['200 instead of 201', status(200)],
    ['an IOException', (_seen, _request, response) => remote(response, 403, 'IOException', 'no luck')],
    ['a cut connection', cut],
    ['silence', silence],
  ])('goes through the NameNode to another DataNode when one answers with %s', async (_name, fault) => {
    const { hdfs, lake } = await setUp({ dataNodes: 2 }, fault === silence ? SOON : {})
    hdfs.failFirst(1, 'datanode1 CREATE', fault)
    expect(await lake.write('folder/file', BYTES)).toEqual({ bytes: BYTES.length })
    expect(hdfs.files.get('/lake/folder/file')).toEqual(BYTES)
    expect(hdfs.ops().filter(op => op.endsWith('CREATE'))).toEqual([
      'namenode1 CREATE',
      'datanode1 CREATE',
      'namenode1 CREATE',
      'datanode2 CREATE',
    ])
    const second = hdfs.seen.filter(({ server, op }) => server === 'namenode1' && op === 'CREATE')[1]!
    expect(second.query.get('excludedatanodes')).toBe('127.0.0.1')
  })

  it('asks for any DataNode again when the NameNode has none but the failed one', async () => {
    const { hdfs, lake } = await setUp()
    let refused = false
    hdfs.setFault((seen, _request, response) => {
      if (seen.query.has('excludedatanodes')) return remote(response, 403, 'IOException', 'Failed to find datanode')
      if (seen.server !== 'datanode1' || refused) return undefined
      refused = true
      response.writeHead(503).end()
      return 'handled'
    })
    await lake.write('file', BYTES)
    expect(hdfs.files.get('/lake/file')).toEqual(BYTES)
  })

  it('does not believe a 201 when the file is empty or cut, and gives the name only to the whole file', async () => {
    const { hdfs, lake } = await setUp()
    for (const left of [0, 3]) {
      const fault: Fault = async (seen, request, response) => {
        await bytesOf(request)
        hdfs.files.set(seen.path, BYTES.subarray(0, left))
        response.writeHead(201).end()
        return 'handled' as const
      }
      hdfs.failFirst(1, 'datanode1 CREATE', fault)
      await lake.write(`file-${left}`, BYTES)
      expect(hdfs.files.get(`/lake/file-${left}`)).toEqual(BYTES)
    }
    expect([...hdfs.files.keys()].sort()).toEqual(['/lake/file-0', '/lake/file-3'])
  })

  it('never writes one name twice, so that a late write destroys nothing', async () => {
    const { hdfs, lake } = await setUp()
    hdfs.failFirst(2, 'datanode1 CREATE', status(503))
    await lake.write('file', BYTES)
    const created = hdfs.seen.filter(({ server, op }) => server === 'datanode1' && op === 'CREATE')
    expect(created).toHaveLength(3)
    expect(new Set(created.map(({ path }) => path)).size).toBe(3)
    expect(created.every(({ query }) => query.get('overwrite') === 'false')).toBe(true)
  })

  it('gives up after a bounded number of tries with a coded, retryable error and no file', async () => {
    const { hdfs, lake } = await setUp()
    hdfs.failFirst(1000, 'datanode1 CREATE', status(503))
    await expect(lake.write('file', BYTES)).rejects.toMatchObject({
      code: 'lake_unavailable',
      retryable: true,
      message: expect.stringContaining('503'),
    })
    expect(hdfs.ops().filter(op => op === 'datanode1 CREATE')).toHaveLength(5)
    expect(hdfs.files.size).toBe(0)
  })

  it('notices that a transfer of a local file does not move any more', async () => {
    const { hdfs, lake } = await setUp({}, { ...IMPATIENT, retry: { attempts: 2, firstDelayMs: 1 } })
    const directory = await mkdtemp(join(tmpdir(), 'webhdfs-faults-'))
    try {
      await writeFile(join(directory, 'big'), Buffer.alloc(32 << 20))
      hdfs.failFirst(2, 'datanode1 CREATE', (_seen, request) => {
        request.pause()
        return 'handled'
      })
      await expect(lake.write('file', { localFile: join(directory, 'big') })).rejects.toMatchObject({
        code: 'lake_timeout',
        retryable: true,
      })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('says that the quota is used up', async () => {
    const { hdfs, lake } = await setUp({}, { retry: { attempts: 1 } })
    hdfs.failFirst(1, 'datanode1 CREATE', (_seen, _request, response) =>
      remote(response, 403, 'DSQuotaExceededException'),
    )
    await expect(lake.write('file', BYTES)).rejects.toMatchObject({ code: 'disk_full', retryable: true })
  })
})

describe('webhdfs lake: renames', () => {
  it('takes {"boolean":false} for what it is', async () => {
    const { hdfs, lake } = await setUp()
    await lake.write('a', BYTES)
    await lake.write('b', BYTES)
    expect(await lake.rename('a', 'b')).toBe('target-exists')
    expect(await lake.rename('c', 'd')).toBe('source-missing')
    hdfs.failFirst(1000, 'namenode1 RENAME', status(200, '{"boolean":false}'))
    await expect(lake.rename('a', 'new')).rejects.toMatchObject({ code: 'lake_unavailable', retryable: true })
  })

  it('settles a rename that was done but not answered by looking, and leaves the judgement to the caller', async () => {
    const { hdfs, lake } = await setUp({}, SOON)
    await lake.write('from', BYTES)
    hdfs.failFirst(1, 'namenode1 RENAME', ({ path, query }) => {
      hdfs.rename(path, query.get('destination')!)
      return 'handled'
    })
    expect(await lake.rename('from', 'to')).toBe('target-exists')
    expect(await lake.stat('from')).toBeNull()
  })

  it('makes a rename again that was neither done nor answered', async () => {
    const { hdfs, lake } = await setUp({}, SOON)
    await lake.write('from', BYTES)
    for (const fault of [silence, cut]) {
      hdfs.failFirst(1, 'namenode1 RENAME', fault)
      expect(await lake.rename('from', 'to')).toBe('renamed')
      await lake.rename('to', 'from')
    }
  })

  it('finishes a write whose last rename was done but not answered', async () => {
    const { hdfs, lake } = await setUp({}, SOON)
    hdfs.failFirst(1, 'namenode1 RENAME', ({ path, query }) => {
      hdfs.rename(path, query.get('destination')!)
      return 'handled'
    })
    expect(await lake.write('file', BYTES)).toEqual({ bytes: BYTES.length })
    expect([...hdfs.files.keys()]).toEqual(['/lake/file'])
  })
})

describe('webhdfs lake: NameNodes', () => {
  it.each<[string, Fault]>([
    ['is on standby', (_seen, _request, response) => remote(response, 403, 'StandbyException')],
    ['is frozen', silence],
    ['cuts the connection', cut],
    ['answers 502', status(502)],
  ])('goes over to the other one when one %s, and stays there', async (_name, fault) => {
    const { hdfs, lake } = await setUp({ nameNodes: 2 }, fault === silence ? SOON : {})
    hdfs.failFirst(1000, 'namenode1', fault)
    await lake.write('file', BYTES)
    expect(await lake.read('file')).toEqual(BYTES)
    expect(await lake.rename('file', 'renamed')).toBe('renamed')
    expect((await lake.list('renamed')).length).toBe(0)
    expect(await lake.remove('renamed')).toBe(true)
    expect(hdfs.ops().filter(op => op.startsWith('namenode1'))).toHaveLength(1)
  })

  it('goes over when nobody listens', async () => {
    const gone = await startFakeHdfs()
    await gone.close()
    const hdfs = await startFakeHdfs()
    const lake = createWebHdfsLake({
      nameNodes: [...gone.urls, ...hdfs.urls],
      user: 'u',
      root: '/lake',
      clock: systemClock,
      retry: { firstDelayMs: 5 },
    })
    opened.push(hdfs, lake)
    await lake.ping()
    expect(hdfs.ops()).toEqual(['namenode1 MKDIRS'])
  })

  it('says within its time that none answers', async () => {
    const { hdfs, lake } = await setUp({ nameNodes: 2 }, { ...IMPATIENT, retry: { attempts: 3, firstDelayMs: 5 } })
    hdfs.setFault(() => 'handled')
    for (const call of [
      () => lake.write('f', BYTES),
      () => lake.rename('a', 'b'),
      () => lake.read('f'),
      () => lake.list('f'),
      () => lake.stat('f'),
      () => lake.remove('f'),
      () => lake.ping(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'lake_timeout', retryable: true })
    }
  })

  it('knows safe mode, which is retryable, and a refusal, which is not', async () => {
    const { hdfs, lake } = await setUp({}, { retry: { attempts: 2, firstDelayMs: 1 } })
    hdfs.setFault((_seen, _request, response) =>
      remote(response, 403, 'RetriableException', 'Cannot create file. Name node is in safe mode.'),
    )
    for (const call of [() => lake.write('f', BYTES), () => lake.rename('a', 'b'), () => lake.ping()]) {
      await expect(call()).rejects.toMatchObject({ code: 'safe_mode', retryable: true })
    }
    hdfs.setFault((_seen, _request, response) =>
      remote(response, 403, 'AccessControlException', 'Permission denied: user=tester'),
    )
    await expect(lake.write('f', BYTES)).rejects.toMatchObject({
      code: 'lake_refused',
      retryable: false,
      message: expect.stringContaining('Permission denied'),
    })
    hdfs.setFault((_seen, _request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Negotiate' }).end()
      return 'handled'
    })
    await expect(lake.ping()).rejects.toMatchObject({
      code: 'lake_refused',
      message: expect.stringContaining('delegation token'),
    })
  })

  it('never takes a 503 for "not there"', async () => {
    const { hdfs, lake } = await setUp({}, { retry: { attempts: 1 } })
    hdfs.setFault(status(503))
    await expect(lake.stat('f')).rejects.toMatchObject({ code: 'lake_unavailable' })
    await expect(lake.list('f')).rejects.toMatchObject({ code: 'lake_unavailable' })
    await expect(lake.remove('f')).rejects.toMatchObject({ code: 'lake_unavailable' })
  })

  it('says what it got when something that is no NameNode answers', async () => {
    const { hdfs, lake } = await setUp()
    for (const body of ['', '<html>', 'null', '{}', '{"boolean":"yes"}']) {
      hdfs.setFault(status(200, body))
      for (const call of [
        () => lake.ping(),
        () => lake.rename('a', 'b'),
        () => lake.stat('x'),
        () => lake.list('x'),
        () => lake.read('x'),
        () => lake.write('x', BYTES),
      ]) {
        await expect(call(), body).rejects.toMatchObject({ code: 'lake_unexpected', retryable: false })
      }
    }
  })

  it('stops when a listing does not honour where it shall begin', async () => {
    const { hdfs, lake } = await setUp()
    for (let index = 0; index < 5; index++) await lake.write(`folder/${index}`, BYTES)
    expect((await lake.list('folder')).map(({ name }) => name)).toEqual(['0', '1', '2', '3', '4'])
    hdfs.setFault(seen => {
      seen.query.delete('startafter')
      return undefined
    })
    await expect(lake.list('folder')).rejects.toMatchObject({ code: 'lake_unexpected' })
  })
})

describe('webhdfs lake: reads', () => {
  it('reads again when the bytes stop half way', async () => {
    const { hdfs, lake } = await setUp({}, SOON)
    await lake.write('file', BYTES)
    hdfs.failFirst(1, 'datanode1 OPEN', (_seen, request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length })
      response.write(BYTES.subarray(0, 5), () => request.socket.destroy())
      return 'handled'
    })
    expect(await lake.read('file')).toEqual(BYTES)
    hdfs.failFirst(1, 'datanode1 OPEN', (_seen, _request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length }).write(BYTES.subarray(0, 5))
      return 'handled'
    })
    expect(await lake.read('file')).toEqual(BYTES)
  })
})

describe('webhdfs lake: identity', () => {
  it('introduces itself by user, or by token, which is in no message', async () => {
    const { hdfs, lake } = await setUp()
    await lake.write('file', BYTES)
    await lake.list('x')
    expect(hdfs.seen.every(({ query }) => query.get('user.name') === 'tester')).toBe(true)
    const secured = await setUp({}, { ...SOON, delegationToken: new Secret('t0p-secret'), retry: { attempts: 1 } })
    await secured.lake.write('file', BYTES)
    await secured.lake.rename('file', 'renamed')
    expect(secured.hdfs.seen.length).toBe(5)
    for (const { query } of secured.hdfs.seen) {
      expect(query.get('delegation')).toBe('t0p-secret')
      expect(query.has('user.name')).toBe(false)
    }
    secured.hdfs.setFault(() => 'handled')
    const error = await secured.lake.ping().catch((caught: unknown) => caught)
    expect(`${error} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain('t0p-secret')
  })
})
