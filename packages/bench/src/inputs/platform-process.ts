import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openEmbeddedPlatform, runDemo } from '@millrace/all-in-one'
import { catalogOf } from '@millrace/domains/contracts'
import { simulation } from '@millrace/domains/lol/simulate'
import { createLogger, systemClock } from '@millrace/runtime'

const SELF = fileURLToPath(import.meta.url)
const PLAYERS = '1000'

/**
 * Carries so many minutes of events through the whole platform in a process of its own, as fast as it goes, and proves that all
 * arrived.
 * @returns memory (RSS) of the process at the end, MiB
 */
export async function memoryAfterMinutes(folder: string, minutes: number): Promise<number> {
  const directory = path.join(folder, randomUUID())
  const child = fork(SELF, [directory, String(minutes)], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
  })
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`The platform ended with ${code}.`)
  })
  exited.catch(() => {})
  const [rssBytes] = (await Promise.race([once(child, 'message'), exited])) as [number]
  rmSync(directory, { recursive: true, force: true })
  return rssBytes / 2 ** 20
}

async function carry(directory: string, minutes: string): Promise<number> {
  const options = simulation.parse({ players: PLAYERS, duration: `${minutes}m` })
  const parts = { clock: systemClock, logger: createLogger('bench', { level: 'silent' }) }
  const { reconciliation } = await runDemo({
    ...parts,
    directory,
    catalog: catalogOf(['lol']),
    runs: [{ simulation, options }],
    lakeFormat: 'parquet',
    gateway: { host: '127.0.0.1', port: 0 },
    openPlatform: () => openEmbeddedPlatform(directory, parts),
    signal: new AbortController().signal,
    onStep: () => {},
    onProgress: () => {},
  })
  if (!reconciliation.ok) throw new Error('Something is missing or double.')
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

if (process.argv[1] === SELF) {
  const rssBytes = await carry(process.argv[2]!, process.argv[3]!)
  process.send!(rssBytes, () => process.disconnect!())
}
