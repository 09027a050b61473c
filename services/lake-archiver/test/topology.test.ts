import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lol } from '@millrace/domains/lol/contract'
import { createDirectoryLake, createSegmentBudget } from '@millrace/lake'
import { createLogger, createServiceMetrics, ManualClock } from '@millrace/runtime'
import { createTopologyDriver } from '@millrace/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLakeArchiverTopology } from '../src/index.ts'
import { expected, readBack } from './archive-world.ts'
import { eventAt, START_MS, TOPIC } from './logged-records.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'archiver-topology-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

it('archives every topic of the lake through crashes and rebalances, and refuses what is no record', async () => {
  const clock = new ManualClock(START_MS)
  const lake = createDirectoryLake({ directory: join(directory, 'lake') })
  const topology = createLakeArchiverTopology({
    domain: lol,
    lake,
    budget: createSegmentBudget(),
    clock,
    spoolDirectory: join(directory, 'spool'),
    maxAgeMs: 10_000,
    maxRows: 7,
    logger: createLogger('test', { level: 'silent' }),
    metrics: createServiceMetrics('lake-archiver', { processMetrics: false }),
  })
  expect(topology.topics).toEqual(Object.values(lol.topics).filter(topic => topic.lake))
  await using driver = await createTopologyDriver(topology, { clock })
  let sent = 0
  const send = async (count: number): Promise<void> => {
    for (const end = sent + count; sent < end; sent++) {
      await driver.pipeBytes(TOPIC, `player ${sent % 9}`, JSON.stringify(eventAt(sent)))
    }
  }
  await send(40)
  await driver.crash()
  await driver.restart()
  await send(10)
  await driver.pipeBytes(TOPIC, 'player 3', 'no record', Buffer.from([0xff]))
  await driver.rebalance()
  await send(10)
  await driver.advance(20_000)
  await driver.crash()
  await driver.restart()
  await send(3)
  await driver.advance(20_000)

  const logged = await driver.records(TOPIC)
  const rows = new Map<string, string>()
  for (let partition = 0; partition < lol.topics.raw.partitions; partition++) {
    const stored = await readBack(lake, directory, TOPIC, partition)
    for (const [offset, row] of stored.rows) rows.set(`${partition}/${offset}`, row)
  }
  const good = logged.filter(({ value }) => value[0] === 0x7b)
  expect(good).toHaveLength(63)
  expect(rows).toEqual(
    new Map(good.map(record => [`${record.partition}/${record.offset}`, expected([record]).get(record.offset)!])),
  )
  const failed = await driver.failed()
  expect(new Set(failed.map(({ code, sink }) => `${code} ${sink}`))).toEqual(
    new Set(['invalid_json lake', 'invalid_utf8 lake']),
  )
  for (const [partition, { offset }] of await driver.committed(TOPIC)) {
    expect(offset).toBe(logged.filter(record => record.partition === partition).length)
  }
})

it('removes what an earlier process has left on the disk, whichever partitions that one had', async () => {
  const spoolDirectory = join(directory, 'spool')
  const left = join(spoolDirectory, TOPIC, '7', 'a-writer', '0')
  const ofAnother = join(spoolDirectory, 'hotel.raw', '0')
  for (const folder of [left, ofAnother]) await mkdir(folder, { recursive: true })
  await writeFile(join(left, '1711278000000.lines'), 'of a process that was killed')
  const topology = createLakeArchiverTopology({
    domain: lol,
    lake: createDirectoryLake({ directory: join(directory, 'lake') }),
    budget: createSegmentBudget(),
    clock: new ManualClock(START_MS),
    spoolDirectory,
    logger: createLogger('test', { level: 'silent' }),
    metrics: createServiceMetrics('lake-archiver', { processMetrics: false }),
  })
  await using driver = await createTopologyDriver(topology, { clock: new ManualClock(START_MS) })
  await driver.pipeBytes(TOPIC, 'player 3', JSON.stringify(eventAt(0)))
  expect(await readdir(spoolDirectory)).toContain('hotel.raw')
  await expect(access(left)).rejects.toThrow('ENOENT')
})
