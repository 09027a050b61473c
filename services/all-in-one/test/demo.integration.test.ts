import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { simulations } from '@millrace/domains/simulation'
import { createLogger, systemClock } from '@millrace/runtime'
import { type Stack, startStack } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DemoResult, isRight, runDemo } from '../src/demo.ts'
import { openEmbeddedPlatform, openServerPlatform, type Platform } from '../src/platform.ts'
import { createEndToEnd } from './end-to-end.ts'

const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }) }
const directory = mkdtempSync(path.join(os.tmpdir(), 'demo-stack-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function demo(name: string, openPlatform: () => Promise<Platform>) {
  const runs = [...simulations.values()].map(simulation => ({
    simulation,
    options: simulation.parse({ duration: '10m', seed: '21' }),
  }))
  return runDemo({
    ...parts,
    directory: path.join(directory, name),
    catalog,
    runs,
    lakeFormat: 'parquet',
    gateway: { host: '127.0.0.1', port: 0 },
    openPlatform,
    signal: new AbortController().signal,
    onStep: () => {},
    onProgress: () => {},
  })
}

/** Counts of every topic but aggregates: how many revisions those have depends on the batches. */
const exactTopics = ({ reconciliation }: DemoResult) =>
  Object.entries(reconciliation.topics).filter(([name]) => catalog.topic(name).derivedFrom?.relation !== 'aggregate')

/* On servers of its own: it counts what the topics hold, and other tests write to topics of the same names. */
describeOnStack('the platform on real servers', ['kafka', 'hdfs', 'cassandra'], ({ way }) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({
      directory: path.join(directory, 'stack'),
      kafkaBrokers: 3,
      dataNodes: 2,
      cassandra: true,
      way,
    })
  }, 300_000)
  afterAll(() => stack?.stop({ graceMs: 0, removeData: true }))

  it('stores what the embedded one stores, to the digest', { timeout: 600_000 }, async () => {
    const embedded = await demo('embedded', () => openEmbeddedPlatform(path.join(directory, 'embedded'), parts))
    const real = await demo('real', () => openServerPlatform(stack.addresses, parts))
    expect(real.reconciliation.examples).toEqual([])
    expect(real.reconciliation).toMatchObject({ ok: true, digest: embedded.reconciliation.digest })
    expect(exactTopics(real)).toEqual(exactTopics(embedded))
    expect(real.reports).toEqual(embedded.reports)
    expect(isRight(real)).toBe(true)
  })

  it('loses nothing when the process, a broker and a DataNode are killed with -9 under load', {
    timeout: 900_000,
  }, async () => {
    const world = await createEndToEnd(['--stack', stack.directory])
    try {
      await world.startProcess()
      const { summary, notDisturbed } = await world.generate(
        { seed: '22', players: '40', rooms: '4', duration: '30m' },
        [
          { afterRecords: 400, disturb: () => stack.server('kafka2').kill() },
          { afterRecords: 1000, disturb: () => stack.server('datanode1').kill() },
          {
            afterRecords: 1500,
            disturb: async () => {
              await world.endProcess('SIGKILL')
              await world.startProcess()
            },
          },
          { afterRecords: 2500, disturb: () => stack.server('kafka2').restart() },
          { afterRecords: 3000, disturb: () => stack.server('datanode1').restart() },
        ],
      )
      expect(notDisturbed).toBe(0)
      expect(summary).toMatchObject({ complete: true, refused: 0, unanswered: 0 })
      expect(await world.endProcess('SIGTERM')).toBe(0)
      const platform = await openServerPlatform(stack.addresses, parts)
      try {
        const report = await world.settle(platform)
        expect(report.examples).toEqual([])
        expect(report.topics['lol.raw']).toMatchObject({
          accepted: summary.byTopic['lol.raw']!.acknowledged,
          missing: 0,
          duplicate: 0,
        })
        expect(report.ok).toBe(true)
      } finally {
        await platform.close()
      }
    } finally {
      await world.remove()
    }
  })
})
