import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '@millrace/domains/contracts'
import { simulations } from '@millrace/domains/simulation'
import { createKey } from '@millrace/ingest-gateway'
import { reconcile } from '@millrace/reconciler'
import { createLogger, Secret, systemClock } from '@millrace/runtime'
import { createGatewaySink, createGenerator, type GoldenRow } from '@millrace/simulation'
import { findFreePorts } from '@millrace/testing'
import { createAllInOne } from '../src/all-in-one.ts'
import { untilCaughtUp } from '../src/caught-up.ts'
import { compareGolden } from '../src/golden-check.ts'
import { ensurePlatform, type Platform } from '../src/platform.ts'

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const clock = systemClock
const logger = createLogger('test', { level: 'silent' })
type Golden = Readonly<Record<string, readonly GoldenRow[]>>

const TOPICS = [...catalog.routes.values()].map(({ name }) => name)

/** A folder with a key, and the platform as a child process that can be killed and started again on the same port. */
export async function createEndToEnd(gatewayArguments: readonly string[]) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'end-to-end-'))
  const { key } = await createKey(
    path.join(directory, 'keys.json'),
    { name: 'test', topics: TOPICS },
    { topics: TOPICS },
  )
  const [port] = await findFreePorts(1)
  const ledger = path.join(directory, 'ledger')
  let child: ChildProcess | undefined

  async function startProcess(): Promise<void> {
    const started = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        cli,
        'gateway',
        '--port',
        String(port),
        '--data',
        directory,
        '--archive-after',
        '1s',
        ...gatewayArguments,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    child = started
    let said = ''
    await new Promise<void>((resolve, reject) => {
      started.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('Ctrl-C stops it')) resolve()
      })
      started.on('exit', code => reject(new Error(`The platform ended with ${code} before it was ready:\n${said}`)))
    })
  }

  async function endProcess(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (!child) return null
    const ending = child
    child = undefined
    if (ending.exitCode === null && ending.signalCode === null) {
      ending.kill(signal)
      await once(ending, 'exit')
    }
    return ending.exitCode
  }

  /**
   * Generates events of every domain against the process; `disturb` is called once at each of the given numbers of acknowledged
   * records.
   */
  async function generate(
    values: Readonly<Record<string, string>>,
    disturbances: readonly { readonly afterRecords: number; readonly disturb: () => Promise<void> }[],
  ) {
    const waiting = [...disturbances]
    let disturbing: Promise<void> = Promise.resolve()
    const acknowledgedOf = new Map<string, number>()
    function noteProgress(domain: string, acknowledged: number): void {
      acknowledgedOf.set(domain, acknowledged)
      const total = [...acknowledgedOf.values()].reduce((sum, records) => sum + records, 0)
      const next = waiting[0]
      if (!next || total < next.afterRecords) return
      waiting.shift()
      disturbing = disturbing.then(next.disturb)
    }
    const generators = [...simulations.values()].map(simulation =>
      createGenerator({
        simulation,
        options: simulation.parse({ ...values, ledger, sink: 'stdout', batch: '100' }),
        sink: createGatewaySink({
          url: `http://127.0.0.1:${port}`,
          apiKey: new Secret(key),
          clock,
          logger,
          maxRecords: 50,
          requestTimeoutMs: 15_000,
        }),
        clock,
        logger,
        onProgress: ({ acknowledged }) => noteProgress(simulation.domain, acknowledged),
      }),
    )
    for (const generator of generators) await generator.start()
    try {
      const summaries = await Promise.all(generators.map(({ finished }) => finished))
      await disturbing
      const golden: Golden = Object.assign({}, ...generators.map(generator => generator.golden()))
      return { summaries, golden, notDisturbed: waiting.length }
    } finally {
      for (const generator of generators) await generator.stop()
    }
  }

  /** Lets the services finish what is in the log, in this process, and compares everything, tables with the golden answers as well. */
  async function settle(platform: Platform, golden: Golden) {
    await ensurePlatform(platform, catalog)
    const all = createAllInOne({
      catalog,
      platform,
      clock,
      logger,
      gateway: { host: '127.0.0.1', port: 0, keysFile: path.join(directory, 'keys.json') },
      spoolDirectory: path.join(directory, 'spool'),
      lakeFormat: 'parquet',
      archiveAfterMs: 1000,
    })
    await all.start()
    try {
      await Promise.race([
        all.domainFailed,
        untilCaughtUp(platform.log, all.groups, { clock, stallMs: 120_000, onLag: () => {} }),
      ])
    } finally {
      await all.stop()
    }
    const report = await reconcile({
      catalog,
      log: platform.log,
      lake: platform.lake,
      mart: platform.mart,
      clock,
      ledger,
      workDirectory: path.join(directory, 'reconcile'),
    })
    return { report, compared: await compareGolden(golden, { mart: platform.mart, clock, catalog }) }
  }

  return {
    directory,
    startProcess,
    endProcess,
    generate,
    settle,
    remove: async () => {
      await endProcess('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
