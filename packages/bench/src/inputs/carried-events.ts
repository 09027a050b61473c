import path from 'node:path'
import { openServerPlatform, runDemo } from '@millrace/all-in-one'
import { catalogOf } from '@millrace/domains/contracts'
import { simulation } from '@millrace/domains/lol/simulate'
import { createLogger, systemClock } from '@millrace/runtime'
import type { StackAddresses } from '@millrace/testing'

const PLAYERS = '1000'

export const carriedCatalog = catalogOf(['lol'])

/** Events that the whole platform has carried into the stores of servers. */
export interface CarriedEvents {
  /** Of lol.raw, acknowledged. */
  readonly events: number
  /** Ids of acknowledged events. */
  readonly ledger: string
}

const parts = { clock: systemClock, logger: createLogger('bench', { level: 'error' }) }

export const openServers = (addresses: StackAddresses) => openServerPlatform(addresses, parts)

/** Carries so many minutes of events through every service, once for fresh servers, and proves that all arrived. */
export async function carryEvents(
  { addresses, directory }: { readonly addresses: StackAddresses; readonly directory: string },
  minutes: number,
): Promise<CarriedEvents> {
  const run = path.join(directory, 'run')
  const options = simulation.parse({ players: PLAYERS, duration: `${minutes}m` })
  const { reconciliation } = await runDemo({
    ...parts,
    directory: run,
    catalog: carriedCatalog,
    runs: [{ simulation, options }],
    lakeFormat: 'parquet',
    gateway: { host: '127.0.0.1', port: 0 },
    openPlatform: () => openServers(addresses),
    signal: new AbortController().signal,
    onStep: () => {},
    onProgress: () => {},
  })
  if (!reconciliation.ok) throw new Error(`Something is missing or double: ${reconciliation.examples.join('; ')}`)
  return { events: reconciliation.topics['lol.raw']!.log, ledger: path.join(run, 'ledger') }
}
