import { rmSync } from 'node:fs'
import path from 'node:path'
import { endServer } from './server-control.ts'
import { listPids, listVolumes, NETWORK } from './stack-state.ts'

/** Long enough for a server to close its files; what takes longer is killed, which all of them survive. */
const GRACE_MS = 10_000

/** Ends everything that was noted in a stack's folder, servers and tools alike; the containers' network last. */
export async function endStack(directory: string, graceMs = GRACE_MS): Promise<void> {
  const things = listPids(directory).filter(name => name !== NETWORK)
  try {
    await all(things, name => endServer(directory, name, graceMs))
  } finally {
    await endServer(directory, NETWORK, graceMs)
  }
}

/** Removes the data of a stack that has ended, in its folder and in volumes. */
export async function removeData(directory: string): Promise<void> {
  const volumes = listVolumes(directory)
  if (volumes.length > 0) await all(volumes, (await import('./docker-engine.ts')).removeVolume)
  rmSync(path.join(directory, 'data'), { recursive: true, force: true })
}

/** Does it for all, also when some fail. */
async function all(names: readonly string[], act: (name: string) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(names.map(act))
  const failures = outcomes.filter(outcome => outcome.status === 'rejected').map(outcome => outcome.reason as unknown)
  if (failures.length === 1) throw failures[0]
  if (failures.length > 0) throw new AggregateError(failures, [...new Set(failures.map(String))].join('\n'))
}
