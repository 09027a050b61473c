import { Random } from '@millrace/simulation'
import type { Fault, FaultKind } from './fault-kinds.ts'
import { serviceNames } from './pod.ts'

const MOST_FAULTS = 16
const LONGEST_MS = 60_000
/** Nothing goes wrong in the last part of a run, so that it can end. */
const QUIET_SHARE = 0.1

/**
 * The faults of a seed, in their order.
 * @param keep places of those that happen; all of them where left out
 */
export function planFaults(
  seed: string,
  kinds: readonly FaultKind[],
  { durationMs, keep }: { readonly durationMs: number; readonly keep?: readonly number[] | undefined },
): readonly Fault[] {
  if (kinds.length === 0) return []
  const random = new Random('faults', seed)
  const lastMs = durationMs * (1 - QUIET_SHARE)
  const faults = Array.from({ length: random.int(1, MOST_FAULTS) }, (): Fault => {
    const kind = random.pick(kinds)
    const share = random.float()
    const atMs = kind === 'faulty-events' ? 0 : Math.round(share * lastMs)
    const forMs = Math.min(random.int(500, LONGEST_MS), lastMs - atMs)
    return { kind, atMs, forMs, service: random.pick(serviceNames), strength: random.float() }
  })
  const sorted = faults.toSorted((a, b) => a.atMs - b.atMs)
  return keep ? sorted.filter((_, place) => keep.includes(place)) : sorted
}
