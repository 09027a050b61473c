import { compareGolden } from '@millrace/all-in-one/golden-check'
import type { Catalog, LakeManifest } from '@millrace/contracts'
import { removeTemporaryFiles } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import { reconcile } from '@millrace/reconciler'
import type { GoldenRow } from '@millrace/simulation'
import type { Loop } from '../loop.ts'
import type { ServiceProcess } from '../service-process.ts'
import { readLake, readLog } from '../stores/direct.ts'
import type { LakeServer } from '../stores/lake-server.ts'
import type { LogCluster } from '../stores/log-cluster.ts'

export interface RunOutcome {
  readonly catalog: Catalog
  readonly loop: Loop
  readonly cluster: LogCluster
  readonly lakeServer: LakeServer
  readonly mart: Mart
  /** Its disk has the ledger of what was acknowledged. */
  readonly judge: ServiceProcess
  readonly ledger: string
  readonly golden: Readonly<Record<string, readonly GoldenRow[]>>
}

/** Reconciliation, conservation and golden answers: one sentence for each thing that is wrong. */
export async function judgeStores(outcome: RunOutcome): Promise<string[]> {
  const { catalog, cluster, lakeServer, mart, judge, ledger, golden } = outcome
  const log = readLog(cluster)
  const lake = readLake(lakeServer, { loop: outcome.loop, process: judge })
  const { clock } = judge
  const report = await reconcile({ catalog, log, lake, mart, clock, ledger, workDirectory: '/disk/reconcile' })
  const faults = report.ok ? [] : report.examples.map(sentence => `reconcile: ${sentence}`)
  if (!report.ok && faults.length === 0) faults.push('reconcile: something differs')
  const compared = await compareGolden(golden, { mart, clock, catalog })
  faults.push(...judgeLakeFiles(lakeServer))
  return [...faults, ...compared.examples.map(sentence => `golden: ${sentence}`)]
}

const MANIFEST = /\/_manifests\/[^/]+\/\d+\/[^/]+\.json$/

/** Data files that no manifest names, and names of manifests without a file: readers of folders and of manifests would see different rows. */
export function judgeLakeFiles(lakeServer: LakeServer): string[] {
  const there = new Set(lakeServer.files.filter(path => path.includes('/date=') || path.includes('/quarantine/')))
  const named = new Set<string>()
  for (const path of lakeServer.files) {
    if (!MANIFEST.test(path)) continue
    const { files } = JSON.parse(lakeServer.read(path)!.toString()) as LakeManifest
    for (const file of files) named.add(`/lake/${file.path}`)
  }
  return [
    ...[...there].filter(path => !named.has(path)).map(path => `lake: no manifest names ${path}`),
    ...[...named].filter(path => !there.has(path)).map(path => `lake: a manifest names ${path}, which is not there`),
  ]
}

/** What a run has left behind in the lake and on disks, and the next archiver would not remove. */
export async function judgeLeftovers(outcome: RunOutcome, disks: Iterable<readonly string[]>): Promise<string[]> {
  const { catalog, cluster, lakeServer, judge } = outcome
  const temporary = (): string[] => lakeServer.files.filter(path => path.includes('/_tmp/') || /~[^/]*$/.test(path))
  if (temporary().length > 0) {
    const lake = readLake(lakeServer, { loop: outcome.loop, process: judge })
    for (const { name } of catalog.topics.filter(topic => topic.lake))
      for (const { index } of cluster.partitionsOf(name)) await removeTemporaryFiles(lake, name, index)
  }
  const inLake = temporary()
  const onDisks = [...disks].flat()
  const left = [...inLake.map(path => `lake: ${path}`), ...onDisks.map(path => `disk: ${path}`)]
  const work = judge.disk.files.filter(path => path.startsWith('/disk/reconcile')).map(path => `reconciler: ${path}`)
  return [...left, ...work].map(path => `left behind in ${path}`)
}
