import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createKey } from '@millrace/ingest-gateway'
import {
  createGatewaySink,
  createLolGenerator,
  type GeneratorOptions,
  type GeneratorSummary,
} from '@millrace/lol-generator'
import { createLakeReader, type ReconcileReport, reconcile } from '@millrace/reconciler'
import { type Clock, type Logger, Secret } from '@millrace/runtime'
import { createAllInOne } from './all-in-one.ts'
import { untilCaughtUp } from './caught-up.ts'
import { type DetectionReport, measureDetection } from './detection.ts'
import { ensurePlatform, type Platform } from './platform.ts'

const MARKER = 'millrace-run.json'
const STALL_MS = 60_000

export interface DemoOptions {
  readonly directory: string
  readonly generator: GeneratorOptions
  readonly lakeFormat: 'parquet' | 'ndjson.zst'
  readonly gateway: { readonly host: string; readonly port: number }
  readonly openPlatform: () => Promise<Platform>
  readonly clock: Clock
  readonly logger: Logger
  /** Ends the generation early; what was sent is still carried through and compared. */
  readonly signal: AbortSignal
  readonly onStep: (line: string) => void
  readonly onProgress: (line: string) => void
}

export interface DemoResult {
  readonly generated: GeneratorSummary
  readonly reconciliation: ReconcileReport
  readonly detection: DetectionReport
  readonly locations: Platform['locations']
  readonly platform: Platform['kind']
}

/** Where a run writes the ids of acknowledged events. */
export const ledgerOf = (directory: string): string => path.join(directory, 'ledger')

/** Empties a folder of an earlier run; refuses one that holds something else. */
export async function prepareDirectory(directory: string): Promise<void> {
  const entries = existsSync(directory) ? await readdir(directory) : []
  if (entries.length > 0 && !entries.includes(MARKER))
    throw new Error(
      `${directory} is not empty and was not made by a demo: choose another folder with --data, or empty it yourself.`,
    )
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await writeFile(path.join(directory, MARKER), '{"madeBy":"millrace demo"}\n')
}

/** Carries one generated run through every service and compares what went in with what is stored. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { directory, clock, logger, onStep, onProgress } = options
  await mkdir(directory, { recursive: true })
  const platform = await options.openPlatform()
  try {
    await ensurePlatform(platform)
    const keysFile = path.join(directory, 'keys.json')
    const { key } = await createKey(keysFile, { name: 'demo', topics: ['lol.raw', 'lol.truth'], quota: {} })
    const all = createAllInOne({
      platform,
      clock,
      logger,
      gateway: { ...options.gateway, keysFile },
      spoolDirectory: path.join(directory, 'spool'),
      lakeFormat: options.lakeFormat,
      archiveAfterMs: 2000,
    })
    await all.start()
    try {
      onStep(
        `Gateway at ${all.gatewayUrl}; log: ${platform.locations.log}; lake: ${platform.locations.lake}; mart: ${platform.locations.mart}`,
      )
      const generated = await Promise.race([all.failed, generate(options, all.gatewayUrl, key)])
      onStep(
        `Generated ${generated.emitted.toLocaleString('en-US')} records; waiting until every service has finished them`,
      )
      const waiting = untilCaughtUp(platform.log, all.groups, {
        clock,
        stallMs: STALL_MS,
        onLag: total => onProgress(`${total.toLocaleString('en-US')} records on their way`),
      })
      await Promise.race([all.failed, waiting])
      await all.stop()
      onStep('Comparing what was acknowledged with log, lake and mart')
      const reconciliation = await reconcile({
        log: platform.log,
        lake: createLakeReader(platform.lake, directory),
        mart: platform.mart,
        ledger: ledgerOf(directory),
        workDirectory: path.join(directory, 'reconcile'),
        onProgress,
      })
      const detection = await measureDetection(platform.log)
      return { generated, reconciliation, detection, locations: platform.locations, platform: platform.kind }
    } finally {
      await all.stop()
    }
  } finally {
    await platform.close()
  }

  async function generate({ generator, signal }: DemoOptions, url: string, key: string): Promise<GeneratorSummary> {
    const started = clock.now()
    const run = createLolGenerator({
      options: { ...generator, ledger: ledgerOf(directory) },
      sink: createGatewaySink({ url, apiKey: new Secret(key), clock, logger }),
      clock,
      logger,
      onProgress: ({ emitted, acknowledged }) =>
        onProgress(
          `${emitted.toLocaleString('en-US')} generated, ${acknowledged.toLocaleString('en-US')} acknowledged, ${Math.round((clock.now() - started) / 1000)} s`,
        ),
    })
    const stop = (): void => void run.stop()
    signal.addEventListener('abort', stop, { once: true })
    await run.start()
    try {
      return await run.finished
    } finally {
      signal.removeEventListener('abort', stop)
      await run.stop()
    }
  }
}
