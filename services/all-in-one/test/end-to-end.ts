import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '@millrace/domains/contracts'
import { simulation } from '@millrace/domains/lol/simulate'
import { createKey } from '@millrace/ingest-gateway'
import { type ReconcileReport, reconcile } from '@millrace/reconciler'
import { createLogger, Secret, systemClock } from '@millrace/runtime'
import { createGatewaySink, createGenerator } from '@millrace/simulation'
import { findFreePorts } from '@millrace/testing'
import { createAllInOne } from '../src/all-in-one.ts'
import { untilCaughtUp } from '../src/caught-up.ts'
import { ensurePlatform, type Platform } from '../src/platform.ts'

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const clock = systemClock
const logger = createLogger('test', { level: 'silent' })
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
   * Generates events against the process; `disturb` is called once at each of the given shares of acknowledged records.
   */
  async function generate(
    values: Readonly<Record<string, string>>,
    disturbances: readonly { readonly afterRecords: number; readonly disturb: () => Promise<void> }[],
  ) {
    const options = simulation.parse({ ...values, ledger, sink: 'stdout', batch: '100' })
    const waiting = [...disturbances]
    let disturbing: Promise<void> = Promise.resolve()
    const generator = createGenerator({
      simulation,
      options,
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
      onProgress: ({ acknowledged }) => {
        const next = waiting[0]
        if (next && acknowledged >= next.afterRecords) {
          waiting.shift()
          disturbing = disturbing.then(next.disturb)
        }
      },
    })
    await generator.start()
    try {
      const summary = await generator.finished
      await disturbing
      return { summary, notDisturbed: waiting.length }
    } finally {
      await generator.stop()
    }
  }

  /** Lets the services finish what is in the log, in this process, and compares everything. */
  async function settle(platform: Platform): Promise<ReconcileReport> {
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
    return reconcile({
      catalog,
      log: platform.log,
      lake: platform.lake,
      mart: platform.mart,
      clock,
      ledger,
      workDirectory: path.join(directory, 'reconcile'),
    })
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
