import { Random } from '@millrace/simulation'
import { serviceNames } from './pod.ts'

/** What can go wrong. */
export const faultKinds = [
  'crash',
  'pause',
  'clock',
  'roll',
  'scale',
  'broker-away',
  'log-away',
  'lake-away',
  'mart-away',
  'lost-answers',
  'late-requests',
  'repeated-requests',
  'slow-network',
  'listing-lag',
  'vanished-claims',
  'faulty-events',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** Something that goes wrong during a run. */
export interface Fault {
  readonly kind: FaultKind
  /** From the start of the run, ms. */
  readonly atMs: number
  /** How long it lasts, ms; 0 where it is a moment. */
  readonly forMs: number
  /** The service that it happens to, where it happens to one. */
  readonly service: string
  /** Uniform in [0, 1): how bad it is. */
  readonly strength: number
}

const MOST_FAULTS = 10
const LONGEST_MS = 60_000
/** Nothing goes wrong in the last part of a run, so that it can end. */
const QUIET_SHARE = 0.1

/** The faults of a seed, in their order. */
export function planFaults(seed: string, kinds: readonly FaultKind[], durationMs: number): readonly Fault[] {
  if (kinds.length === 0) return []
  const random = new Random('faults', seed)
  const lastMs = durationMs * (1 - QUIET_SHARE)
  const faults = Array.from({ length: random.int(1, MOST_FAULTS) }, (): Fault => {
    const kind = random.pick(kinds)
    const atMs = kind === 'faulty-events' ? 0 : random.int(0, lastMs)
    const forMs = Math.min(random.int(500, LONGEST_MS), lastMs - atMs)
    return { kind, atMs, forMs, service: random.pick(serviceNames), strength: random.float() }
  })
  return faults.toSorted((a, b) => a.atMs - b.atMs)
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

/** A fault in words. */
export const describeFault = ({ kind, atMs, forMs, service }: Fault): string =>
  kind === 'faulty-events' ? kind : `${kind} at ${seconds(atMs)} for ${seconds(forMs)} (${service})`
