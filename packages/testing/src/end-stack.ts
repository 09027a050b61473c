import { endServer } from './server-control.ts'
import { listPids } from './stack-state.ts'

/** Long enough for a server to close its files; what takes longer is killed, which all of them survive. */
const GRACE_MS = 10_000

/** Ends everything that was noted in a stack's folder, servers and tools alike. */
export async function endStack(directory: string, graceMs = GRACE_MS): Promise<void> {
  const [things, networks] = [listPids(directory).filter(name => name !== 'network'), ['network']]
  const end = (names: string[]) => Promise.allSettled(names.map(name => endServer(directory, name, graceMs)))
  const outcomes = [...(await end(things)), ...(await end(networks))]
  const failures = outcomes.filter(outcome => outcome.status === 'rejected').map(outcome => outcome.reason as unknown)
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'))
}
