import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Catalog } from '@millrace/contracts'
import { readReceipts } from '@millrace/lake'
import { type ReconcileReport, reconcile } from '@millrace/reconciler'
import { systemClock } from '@millrace/runtime'
import { compareGolden, type GoldenComparison, isGoldenRight, readGolden } from '../golden-check.ts'
import type { Platform } from '../platform.ts'
import type { CommandContext } from './context.ts'
import { chosenDomains } from './domain-flags.ts'
import { storedDomains } from './stored-domains.ts'
import { UsageError } from './usage-error.ts'

/** What stores are compared with. */
export interface ComparisonFlags {
  readonly ledger?: string | undefined
  readonly golden?: string | undefined
  readonly domains?: string | undefined
}

export interface StoreComparison {
  readonly catalog: Catalog
  readonly report: ReconcileReport
  /** Without tables where no golden answers were given. */
  readonly golden: GoldenComparison
  readonly ok: boolean
}

/** @throws UsageError where a folder is not there, or a domain is not known */
export function checkComparisonFlags(
  { ledger, golden, domains }: ComparisonFlags,
  environment: NodeJS.ProcessEnv,
): void {
  chosenDomains(domains, environment)
  if (ledger !== undefined && !existsSync(ledger)) throw new UsageError(`There is no ledger in ${ledger}.`)
  if (golden !== undefined && !existsSync(golden)) throw new UsageError(`There are no golden answers in ${golden}.`)
}

/** Compares what was acknowledged with log, lake and mart, and tables of the mart with golden answers. */
export async function compareStores(
  platform: Platform,
  flags: ComparisonFlags,
  context: CommandContext,
): Promise<StoreComparison> {
  const { domains, ledger } = flags
  const expected = flags.golden === undefined ? {} : await readGolden(flags.golden)
  const workDirectory = await mkdtemp(path.join(os.tmpdir(), 'millrace-reconcile-'))
  try {
    const catalog = await storedDomains(
      { log: platform.log, location: platform.locations.log },
      { domains, isExpected: topic => ledger !== undefined && existsSync(path.join(ledger, topic)) },
      context,
    )
    const report = await reconcile({
      catalog,
      log: platform.log,
      lake: platform.lake,
      mart: platform.mart,
      clock: systemClock,
      workDirectory,
      onProgress: line => context.terminal.progress(line),
      ...(ledger === undefined ? {} : { ledger }),
    })
    context.terminal.endProgress()
    const own = catalog.tables.flatMap(({ name }) => (expected[name] ? [[name, expected[name]] as const] : []))
    const golden = await compareGolden(Object.fromEntries(own), {
      ...{ mart: platform.mart, clock: systemClock, catalog, erasures: await readReceipts(platform.lake) },
    })
    return { catalog, report, golden, ok: report.ok && isGoldenRight(golden.tables) }
  } finally {
    await rm(workDirectory, { recursive: true, force: true })
  }
}
