import { makerOf } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import type { Logger } from '@millrace/runtime'
import { createKeyedProcessor, createWindowedAggregation, type KeyedMetrics, type Topology } from '@millrace/stream'
import { BundleProcessor } from './steps/bundle-processor.ts'
import { addCounts, NO_COUNTS, qualityGroupsOf, toQuality } from './steps/compute-quality.ts'
import { readInput } from './steps/read-input.ts'
import { MATCH_MS, PlayerTallies, type Tally } from './steps/tally-player.ts'

export interface DetectorEvaluatorOptions {
  /** How long a scored action waits for its label, ms of event time of its player. */
  readonly truthLatenessMs?: number
  /** Players beyond this many per partition are not evaluated. */
  readonly maxPlayers?: number
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
  /** Is told of every tally once. */
  readonly count?: (tally: Tally) => void
}

const TRUTH_LATENESS_MS = 300_000
const WINDOW_MS = 300_000
/** How long after its end a window still counts tallies: where the end of a match was told long before its scores came, too. */
const graceMsOf = (truthLatenessMs: number): number => truthLatenessMs + MATCH_MS

const { scores, alerts, truth, evaluationInputs, evaluationTallies, qualities, qualityPartials, qualityLate } =
  lol.topics

/** Scores, alerts and truth → lol.evaluation-inputs → lol.evaluation-tallies: what is true about each score. */
function createTalliesTopology(options: DetectorEvaluatorOptions): Topology {
  const { truthLatenessMs = TRUTH_LATENESS_MS, maxPlayers, logger, metrics, count } = options
  const createTallier = () =>
    createKeyedProcessor({
      service: 'detector-evaluator',
      ...(logger && { logger }),
      ...(metrics && { metrics }),
      ...(maxPlayers && { maxKeys: maxPlayers }),
      // A late input is counted like any other.
      allowedLatenessMs: MATCH_MS,
      horizonMs: MATCH_MS,
      decode: readInput,
      keyOf: input => input.account,
      eventTimeOf: input => Date.parse(input.datetime),
      newState: () => new PlayerTallies(truthLatenessMs),
      dependsFrom: player => player.dependsFrom,
      onRecord(player, input, context) {
        for (const tally of player.add(input, context.record.offset)) {
          if (context.isRebuilding) continue
          count?.(tally)
          context.emit(evaluationTallies, {
            eventId: tally.id,
            datetime: new Date(tally.atMs).toISOString(),
            account: input.account,
            modelId: tally.modelId,
            counts: Object.fromEntries(tally.counts),
          })
        }
        return undefined
      },
    })
  return {
    name: makerOf(evaluationTallies),
    topics: [scores, alerts, truth, evaluationInputs],
    outputs: [evaluationInputs, evaluationTallies],
    createProcessor: topic => (topic === evaluationInputs ? createTallier() : new BundleProcessor(topic)),
  }
}

/** lol.evaluation-tallies → lol.quality, per window, model and kind of cheating. */
const createQualityTopology = (options: DetectorEvaluatorOptions): Topology =>
  createWindowedAggregation({
    name: makerOf(qualities),
    service: 'detector-evaluator',
    source: evaluationTallies,
    partials: qualityPartials,
    results: qualities,
    late: qualityLate,
    windowMs: WINDOW_MS,
    graceMs: graceMsOf(options.truthLatenessMs ?? TRUTH_LATENESS_MS),
    groupsOf: qualityGroupsOf,
    zero: NO_COUNTS,
    add: (counts, tally) => addCounts(counts, tally.counts),
    merge: addCounts,
    toEvent: toQuality,
    ...(options.logger && { logger: options.logger }),
    ...(options.metrics && { metrics: options.metrics }),
  })

export const createDetectorEvaluatorTopologies = (options: DetectorEvaluatorOptions = {}): readonly Topology[] => [
  createTalliesTopology(options),
  createQualityTopology(options),
]
