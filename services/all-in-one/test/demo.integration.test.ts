import { mkdtempSync } from 'node:fs'
import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { simulations } from '@millrace/domains/simulation'
import { reconcile } from '@millrace/reconciler'
import { createLogger, systemClock } from '@millrace/runtime'
import { type Stack, startStack } from '@millrace/testing'
import { describeOnStack, temporaryDirectory } from '@millrace/testing/vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DemoResult, isRight, runDemo } from '../src/demo.ts'
import { erase } from '../src/erasure/erase.ts'
import { isGoldenRight } from '../src/golden-check.ts'
import { openEmbeddedPlatform, openServerPlatform, type Platform } from '../src/platform.ts'
import { createEndToEnd } from './end-to-end.ts'

const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }) }
const directory = temporaryDirectory('demo-stack')

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

/* Each on servers of its own: they count what the topics hold, and other tests write to topics of the same names. */
describeOnStack('the platform on real servers', ['kafka', 'hdfs', 'cassandra'], ({ way }) => {
  let stack: Stack
  beforeEach(async () => {
    stack = await startStack({
      directory: path.join(directory, 'stack'),
      kafkaBrokers: 3,
      dataNodes: 2,
      cassandra: true,
      way,
    })
  }, 300_000)
  afterEach(() => stack?.stop({ graceMs: 0, removeData: true }))

  /** Erases a person from the real stores, which takes nothing from anybody else; a second time there is nothing left. */
  async function erasePerson(account: string): Promise<void> {
    const platform = await openServerPlatform(stack.addresses, parts)
    try {
      const work = mkdtempSync(path.join(directory, 'erase-'))
      const once = (dryRun: boolean) =>
        erase({ catalog, platform, account, dryRun, by: 'a test', deadlineMs: 120_000, directory: work, ...parts })
      const dry = await once(true)
      const { receipt } = await once(false)
      expect(receipt).toMatchObject({ state: 'complete', lake: dry.receipt.lake, mart: dry.receipt.mart })
      expect(receipt.lake['lol.raw']!.records).toBeGreaterThan(0)
      expect(receipt.mart.lol_analysis!.rows).toBe(receipt.lake['lol.curated']!.records)
      const again = await once(true)
      for (const counts of [...Object.values(again.receipt.lake), ...Object.values(again.receipt.mart)])
        expect(Object.values(counts).every(count => count === 0)).toBe(true)
      const workDirectory = path.join(directory, 'reconcile')
      const report = await reconcile({ ...platform, ...parts, catalog, workDirectory })
      expect(report).toMatchObject({ ok: true, examples: [], erasures: { complete: 1, begun: 0 } })
      expect(report.topics['lol.raw']!.erased).toBe(receipt.lake['lol.raw']!.records)
    } finally {
      await platform.close()
    }
  }

  it('stores what the embedded one stores, to the digest', { timeout: 600_000 }, async () => {
    const embedded = await demo('embedded', () => openEmbeddedPlatform(path.join(directory, 'embedded'), parts))
    const real = await demo('real', () => openServerPlatform(stack.addresses, parts))
    expect(real.reconciliation.examples).toEqual([])
    expect(real.reconciliation).toMatchObject({ ok: true, digest: embedded.reconciliation.digest })
    expect(exactTopics(real)).toEqual(exactTopics(embedded))
    expect(real.reports).toEqual(embedded.reports)
    expect(isRight(real)).toBe(true)
    await erasePerson('testAccount_3')
  })

  it('loses nothing when the process, a broker and a DataNode are killed with -9 under load', {
    timeout: 900_000,
  }, async () => {
    const world = await createEndToEnd(['--stack', stack.directory])
    try {
      await world.startProcess()
      const { summaries, golden, notDisturbed } = await world.generate({ seed: '22', duration: '10m' }, [
        { afterRecords: 2_000, disturb: () => stack.server('kafka2').kill() },
        { afterRecords: 8_000, disturb: () => stack.server('datanode1').kill() },
        {
          afterRecords: 13_000,
          disturb: async () => {
            await world.endProcess('SIGKILL')
            await world.startProcess()
          },
        },
        { afterRecords: 16_000, disturb: () => stack.server('kafka2').restart() },
        { afterRecords: 18_000, disturb: () => stack.server('datanode1').restart() },
      ])
      expect(notDisturbed).toBe(0)
      for (const summary of summaries) expect(summary).toMatchObject({ complete: true, refused: 0, unanswered: 0 })
      expect(await world.endProcess('SIGTERM')).toBe(0)
      const platform = await openServerPlatform(stack.addresses, parts)
      try {
        const { report, compared } = await world.settle(platform, golden)
        expect([...report.examples, ...compared.examples]).toEqual([])
        for (const [topic, { acknowledged }] of summaries.flatMap(({ byTopic }) => Object.entries(byTopic)))
          expect(report.topics[topic], topic).toMatchObject({ accepted: acknowledged, missing: 0, duplicate: 0 })
        expect(isGoldenRight(compared.tables)).toBe(true)
        expect(report.ok).toBe(true)
      } finally {
        await platform.close()
      }
    } finally {
      await world.remove()
    }
  })
})
