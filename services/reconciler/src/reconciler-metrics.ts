import { type Clock, Counter, Gauge, type ServiceMetrics } from '@millrace/runtime'
import type { HopProgress } from './hop-progress.ts'
import type { Comparison, HopCheck } from './hops/hop.ts'

type Labels = 'topic' | 'hop'

/** What the reconciler publishes besides the metrics of every service. */
export interface ReconcilerMetrics {
  /** A range was compared for the first time. */
  compared(check: HopCheck, comparison: Comparison): void
  /** Records were read, for the first time or again. */
  read(topic: string, records: number): void
  /** Retention took offsets before they were compared. */
  expired(check: HopCheck, offsets: number): void
  notCompared(check: HopCheck, partition: number, records: number): void
  /** Events that a table of aggregates lacks (above 0) or has more than once. */
  conservation(topic: string, table: string, difference: number): void
  /** How many erasures of people the lake has receipts of. */
  erasures(count: Readonly<Record<'begun' | 'complete', number>>): void
  /** What is known to differ now. */
  show(all: readonly HopProgress[]): void
  roundDone(seconds: number): void
  roundFailed(reason: string): void
  /** Everything that is stored was compared once more. */
  passDone(): void
}

export function createReconcilerMetrics(core: ServiceMetrics, clock: Clock): ReconcilerMetrics {
  const registers = [core.registry]
  const counter = <const L extends string>(rest: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `millrace_reconciler_${rest}_total`, help, labelNames: [...labelNames], registers })
  const startedMs = clock.now()
  let completedMs = startedMs
  let passedMs = startedMs
  const age = (name: string, help: string, sinceMs: () => number): Gauge =>
    new Gauge({
      name: `millrace_reconciler_${name}`,
      help,
      registers,
      collect() {
        this.set((clock.now() - sinceMs()) / 1000)
      },
    })
  age('comparison_age_seconds', 'Since the last complete comparison, or since the start', () => completedMs)
  age('full_pass_age_seconds', 'Since everything stored was compared once more, or since the start', () => passedMs)
  const duration = new Gauge({
    name: 'millrace_reconciler_comparison_duration_seconds',
    help: 'Time that the last complete comparison took',
    registers,
  })
  const hops: readonly Labels[] = ['topic', 'hop']
  const events = counter('compared_events', 'Distinct events in the log that belong into the hop', hops)
  const found = counter('found_events', 'Of these, those that are there', hops)
  const failed = counter('failed_events', 'Of these, those that are in failed-events instead', hops)
  const expiredEvents = counter(
    'expired_events',
    'Of these, those of which the mart has a row no longer: its retention has ended',
    hops,
  )
  const expired = counter('expired_offsets', 'Offsets that retention took before they were compared', hops)
  const gaps = counter('gap_offsets', 'Offsets that the lake claims as gaps: retention took them first', ['topic'])
  const quarantined = counter(
    'quarantined_records',
    'Records whose event time is implausible: the lake keeps them in quarantine',
    ['topic'],
  )
  const roundsFailed = counter('comparisons_failed', 'Comparisons that a store did not let finish', ['reason'])
  const differences = new Gauge({
    name: 'millrace_reconciler_difference_records',
    help: 'Records that are known to be missing, duplicate or unexpected now',
    labelNames: ['topic', 'hop', 'kind'],
    registers,
  })
  const unbalanced = new Gauge({
    name: 'millrace_reconciler_conservation_difference_events',
    help: 'Events that a table of aggregates lacks, below 0: has more than once; late and failed ones apart',
    labelNames: ['topic', 'table'],
    registers,
  })
  const erasures = new Gauge({
    name: 'millrace_reconciler_erasures',
    help: 'Erasures of people with a receipt in the lake; those that are begun and not complete were broken off, or run now',
    labelNames: ['state'],
    registers,
  })
  /** By topic, hop and partition, then by target: a topic may have several derived ones, and the gauge has the largest. */
  const waiting = new Map<string, Map<string, number>>()
  const behind = new Gauge({
    name: 'millrace_reconciler_not_compared_records',
    help: 'Records between what was compared and the end of the log',
    labelNames: ['topic', 'partition', 'hop'],
    registers,
  })
  return {
    compared({ topic, hop }, comparison) {
      events.inc({ topic, hop }, comparison.events)
      found.inc({ topic, hop }, comparison.found)
      failed.inc({ topic, hop }, comparison.failed)
      expiredEvents.inc({ topic, hop }, comparison.expired)
      if (hop !== 'lake') return
      gaps.inc({ topic }, comparison.gaps)
      quarantined.inc({ topic }, comparison.quarantined)
    },
    read: (topic, records) => core.recordsIn.inc({ topic }, records),
    expired: ({ topic, hop }, offsets) => expired.inc({ topic, hop }, offsets),
    notCompared({ topic, hop, target }, partition, records) {
      const key = `${topic}/${hop}/${partition}`
      const byTarget = waiting.get(key) ?? new Map<string, number>()
      waiting.set(key, byTarget.set(target, records))
      behind.set({ topic, hop, partition: String(partition) }, Math.max(...byTarget.values()))
    },
    conservation: (topic, table, difference) => unbalanced.set({ topic, table }, difference),
    erasures(count) {
      for (const [state, number] of Object.entries(count)) erasures.set({ state }, number)
    },
    show(all) {
      const kinds = new Map<string, { topic: string; hop: string; kind: string; records: number }>()
      for (const { check, difference } of all)
        for (const [kind, records] of Object.entries(difference)) {
          const { topic, hop } = check
          const key = `${topic}/${hop}/${kind}`
          kinds.set(key, { topic, hop, kind, records: (kinds.get(key)?.records ?? 0) + records })
        }
      for (const { records, ...labels } of kinds.values()) differences.set(labels, records)
    },
    roundDone(seconds) {
      completedMs = clock.now()
      core.lastProgress.set(completedMs / 1000)
      duration.set(seconds)
    },
    roundFailed: reason => roundsFailed.inc({ reason }),
    passDone() {
      passedMs = clock.now()
    },
  }
}
