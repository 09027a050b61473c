import { readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Model } from '@millrace/anomaly-scorer'
import type { Catalog, LakeFormat } from '@millrace/contracts'
import { type RunReport, type RunView, reporters } from '@millrace/domains/reports'
import { createKey } from '@millrace/ingest-gateway'
import { reconcile } from '@millrace/reconciler'
import { type Clock, createWaitTeller, type Logger, lockDirectory, makeDirectory, Secret } from '@millrace/runtime'
import {
  type CommonOptions,
  createGatewaySink,
  createGenerator,
  type DomainSimulation,
  type GoldenRow,
  type Progress,
  type Summary,
} from '@millrace/simulation'
import { createAllInOne } from './all-in-one.ts'
import { untilCaughtUp } from './caught-up.ts'
import { compareGolden, type GoldenComparison, isGoldenRight } from './golden-check.ts'
import { onAbort } from './on-abort.ts'
import { ensurePlatform, type Platform } from './platform.ts'
import { makeDomainParts } from './report/domain-parts.ts'
import type { RunResult } from './report/run-page.ts'

const MARKER = 'millrace-run.json'
const STALL_MS = 60_000
/** Widths of the columns of progress. */
const NAME_WIDTH = 10
const COUNT_WIDTH = 9

/** A domain's simulation with its options. */
export interface DomainRun {
  readonly simulation: DomainSimulation
  readonly options: CommonOptions
}

export interface DemoOptions {
  readonly directory: string
  readonly catalog: Catalog
  readonly runs: readonly DomainRun[]
  readonly lakeFormat: LakeFormat
  /** The one that comes with the scorer unless given. */
  readonly model?: Model
  readonly gateway: { readonly host: string; readonly port: number }
  readonly openPlatform: () => Promise<Platform>
  readonly clock: Clock
  readonly logger: Logger
  /** Ends the generation early; what was sent is still carried through and compared. */
  readonly signal: AbortSignal
  readonly onStep: (line: string) => void
  /** Why the stores are waited for, as far as that is known. */
  readonly waitReason?: () => string | null
  /** Told how far it has come: a line, or one for each domain. */
  readonly onProgress: (...lines: readonly string[]) => void
}

export interface DemoResult extends RunResult {
  /** What each generator sent, by domain. */
  readonly generated: Readonly<Record<string, Summary>>
  /** Mart tables against the golden answers of the simulations. */
  readonly golden: GoldenComparison
  readonly reports: readonly RunReport[]
  /** Commands that show what the domains have stored. */
  readonly views: readonly RunView[]
  readonly locations: Platform['locations']
  readonly platform: Platform['kind']
}

/** Where a run writes the golden answers. */
export const goldenOf = (directory: string): string => path.join(directory, 'golden')

/** Where a run writes the ids of acknowledged events. */
export const ledgerOf = (directory: string): string => path.join(directory, 'ledger')

/** Entries of a folder without the files of its lock. */
const entriesOf = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).filter(name => !/^lock(\.|$)/.test(name))

/**
 * Takes a folder for a run: a new one, or one of an earlier run that no process uses.
 * @returns what gives it back
 * @throws Error where it holds something else, LockError `directory_in_use`, `directory_unusable`
 */
export async function takeDirectory(directory: string, logger: Logger): Promise<() => Promise<void>> {
  const release = await lockDirectory(directory, logger)
  try {
    const entries = await entriesOf(directory)
    if (entries.length > 0 && !entries.includes(MARKER))
      throw new Error(
        `${directory} is not empty and was not made by a demo: choose another folder with --data, or empty it yourself.`,
      )
    // A process of version 0.1 locks only its log.
    if (entries.includes('log')) await (await lockDirectory(path.join(directory, 'log'), logger))()
    return release
  } catch (error) {
    await release()
    throw error
  }
}

/** Removes what a folder holds, but not the folder, which may be a mount point; a removal that is broken off can be repeated. */
export async function emptyDirectory(directory: string): Promise<void> {
  await writeFile(path.join(directory, MARKER), '{"madeBy":"millrace demo"}\n')
  for (const entry of await entriesOf(directory))
    if (entry !== MARKER) await rm(path.join(directory, entry), { recursive: true, force: true })
}

/** The golden answers in the order in which the contracts have their tables. */
const inOrder = <T>(golden: Readonly<Record<string, T>>, { tables }: Catalog): Record<string, T> =>
  Object.fromEntries(tables.flatMap(({ name }) => (golden[name] === undefined ? [] : [[name, golden[name]]])))

/** Generators run side by side, each with a file of its own: `faults.ndjson` becomes `faults.lol.ndjson`. */
function fileOfDomain(file: string | undefined, domain: string): string | undefined {
  if (file === undefined) return undefined
  const { dir, name, ext } = path.parse(file)
  return path.join(dir, `${name}.${domain}${ext}`)
}

/** Whether everything arrived, and as it was expected. */
export const isRight = ({ reconciliation, golden }: Pick<DemoResult, 'reconciliation' | 'golden'>): boolean =>
  reconciliation.ok && isGoldenRight(golden.tables)

/** Carries generated events of every domain through every service and compares what went in with what is stored. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { directory, catalog, runs, clock, logger, onStep, onProgress } = options
  await makeDirectory(directory)
  const waits = createWaitTeller({ clock, say: onStep, signal: options.signal })
  const platform = await options.openPlatform()
  try {
    await waits.during('the stores', ensurePlatform(platform, catalog), options.waitReason)
    const keysFile = path.join(directory, 'keys.json')
    const topics = [...catalog.routes.values()].map(({ name }) => name)
    const { key } = await createKey(keysFile, { name: 'demo', topics, quota: {} }, { topics })
    const all = createAllInOne({
      catalog,
      platform,
      clock,
      logger,
      gateway: { ...options.gateway, keysFile },
      spoolDirectory: path.join(directory, 'spool'),
      lakeFormat: options.lakeFormat,
      ...(options.model && { model: options.model }),
      archiveAfterMs: 2000,
    })
    try {
      await waits.during('the gateway', all.start(), all.problem)
      onStep(
        `Gateway at ${all.gatewayUrl}; log: ${platform.locations.log}; lake: ${platform.locations.lake}; mart: ${platform.locations.mart}`,
      )
      const { generated, golden } = await Promise.race([all.domainFailed, generate(all.gatewayUrl, key)])
      const emitted = Object.values(generated).reduce((sum, summary) => sum + summary.emitted, 0)
      onStep(`Generated ${emitted.toLocaleString('en-US')} records; waiting until every service has finished them`)
      const waiting = untilCaughtUp(platform.log, all.groups, {
        clock,
        stallMs: STALL_MS,
        onLag: (_, byTopic) =>
          onProgress(
            ...runs.map(({ simulation: { domain } }) => {
              const own = [...byTopic].filter(([topic]) => catalog.topic(topic).domain === domain)
              const lag = own.reduce((sum, [, records]) => sum + records, 0)
              return `${domain.padEnd(NAME_WIDTH)} ${lag.toLocaleString('en-US').padStart(COUNT_WIDTH)} records on their way`
            }),
          ),
        onStall: reason => onStep(`Waiting for the services: ${reason}.`),
      })
      await Promise.race([all.domainFailed, waiting])
      await all.stop()
      onStep('Comparing what was acknowledged with log, lake and mart')
      const reconciliation = await reconcile({
        catalog,
        log: platform.log,
        lake: platform.lake,
        mart: platform.mart,
        clock,
        ledger: ledgerOf(directory),
        workDirectory: path.join(directory, 'reconcile'),
        onProgress,
      })
      const compared = await compareGolden(golden, { mart: platform.mart, clock, catalog })
      const domains = await makeDomainParts(catalog, platform)
      const own = reporters.filter(({ domain }) => runs.some(({ simulation }) => simulation.domain === domain))
      return {
        catalog,
        generated,
        reconciliation,
        golden: compared,
        domains,
        reports: domains.flatMap(({ report }) => report ?? []),
        views: own.flatMap(({ views }) => views),
        locations: platform.locations,
        platform: platform.kind,
      }
    } finally {
      await all.stop()
    }
  } finally {
    await platform.close()
  }

  /** Runs the generators side by side; when one fails the others are stopped. */
  async function generate(url: string, key: string) {
    const startedMs = clock.now()
    const progress = new Map<string, Progress>()
    const report = (): void => {
      const seconds = Math.round((clock.now() - startedMs) / 1000)
      onProgress(
        ...runs.map(({ simulation: { domain } }) => {
          const { emitted = 0, acknowledged = 0, share = 0 } = progress.get(domain) ?? {}
          const [sent, stored] = [emitted, acknowledged].map(count =>
            count.toLocaleString('en-US').padStart(COUNT_WIDTH),
          )
          return `${domain.padEnd(NAME_WIDTH)} ${sent} generated, ${stored} acknowledged, ${Math.floor(share * 100)} %, ${seconds} s`
        }),
      )
    }
    const generators = runs.map(({ simulation, options: generator }) => ({
      domain: simulation.domain,
      generator: createGenerator({
        simulation,
        options: {
          ...generator,
          ledger: ledgerOf(directory),
          goldenFile: path.join(goldenOf(directory), `${simulation.domain}.ndjson`),
          manifestFile: fileOfDomain(generator.manifestFile, simulation.domain),
          refusedFile: fileOfDomain(generator.refusedFile, simulation.domain),
        },
        sink: createGatewaySink({ url, apiKey: new Secret(key), clock, logger }),
        clock,
        logger,
        onProgress(now) {
          progress.set(simulation.domain, now)
          report()
        },
      }),
    }))
    let ignoreAbort = (): void => {}
    const generated: Record<string, Summary> = {}
    const golden: Record<string, readonly GoldenRow[]> = {}
    try {
      await Promise.all(generators.map(({ generator }) => generator.start()))
      ignoreAbort = onAbort(options.signal, () => {
        for (const { generator } of generators) void generator.stop()
      })
      await Promise.all(
        generators.map(async ({ domain, generator }) => {
          generated[domain] = await generator.finished
          Object.assign(golden, generator.golden())
        }),
      )
      return { generated, golden: inOrder(golden, catalog) }
    } finally {
      ignoreAbort()
      await Promise.all(generators.map(({ generator }) => generator.stop()))
    }
  }
}
