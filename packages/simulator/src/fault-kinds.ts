/** What can go wrong. */
export const faultKinds = [
  'crash',
  'crash-anywhere',
  'pause',
  'pause-anywhere',
  'clock',
  'roll',
  'other-model',
  'scale',
  'broker-away',
  'log-away',
  'cut-off',
  'lake-away',
  'mart-away',
  'sms-away',
  'lost-answers',
  'late-requests',
  'repeated-requests',
  'refused-offsets',
  'retention',
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

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

/** A fault in words. */
export const describeFault = ({ kind, atMs, forMs, service }: Fault): string =>
  kind === 'faulty-events' ? kind : `${kind} at ${seconds(atMs)} for ${seconds(forMs)} (${service})`
