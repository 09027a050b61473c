import { Random } from '@millrace/simulation'
import type { Fault, FaultKind } from './fault-kinds.ts'
import { serviceNames } from './pod.ts'

const MOST_FAULTS = 16
const LONGEST_MS = 60_000
/** Few faults last longer than any deadline of a request, a session or an append. */
const LONG_SHARE = 0.2
const LONGEST_OF_LONG_MS = 180_000
/** Nothing goes wrong in the last part of a run, so that it can end. */
const QUIET_SHARE = 0.1
/** How many seeds have few kinds of faults, and few services that they happen to: so they meet each other. */
const FOCUSED_SHARE = 0.7
const MOST_FOCUSED_KINDS = 8
const MOST_FOCUSED_SERVICES = 2

/** What a seed is about. */
export interface Focus {
  readonly kinds: readonly FaultKind[]
  readonly services: readonly string[]
}

/** The kinds of faults of a seed, and the services that they happen to: swarm testing (Groce et al., ISSTA 2012). */
export function focusOf(seed: string, kinds: readonly FaultKind[]): Focus {
  const random = new Random('focus', seed)
  if (kinds.length === 0 || !random.chance(FOCUSED_SHARE)) return { kinds, services: serviceNames }
  const some = <T>(of: readonly T[], most: number): readonly T[] =>
    random.sample(of, random.int(1, Math.min(most, of.length)))
  return { kinds: some(kinds, MOST_FOCUSED_KINDS), services: some(serviceNames, MOST_FOCUSED_SERVICES) }
}

/**
 * The faults of a seed, in their order.
 * @param keep places of those that happen; all of them where left out
 */
export function planFaults(
  seed: string,
  { kinds, services }: Focus,
  { durationMs, keep }: { readonly durationMs: number; readonly keep?: readonly number[] | undefined },
): readonly Fault[] {
  if (kinds.length === 0) return []
  const random = new Random('faults', seed)
  const lastMs = durationMs * (1 - QUIET_SHARE)
  const faults = Array.from({ length: random.int(1, MOST_FAULTS) }, (): Fault => {
    const kind = random.pick(kinds)
    const share = random.float()
    const atMs = kind === 'faulty-events' ? 0 : Math.round(share * lastMs)
    const forMs = Math.min(random.int(500, random.chance(LONG_SHARE) ? LONGEST_OF_LONG_MS : LONGEST_MS), lastMs - atMs)
    return { kind, atMs, forMs, service: random.pick(services), strength: random.float() }
  })
  const sorted = faults.toSorted((a, b) => a.atMs - b.atMs)
  return keep ? sorted.filter((_, place) => keep.includes(place)) : sorted
}
