import { createAggregatorTopologies } from '@millrace/aggregator'
import { createAnomalyScorerTopology, type Model } from '@millrace/anomaly-scorer'
import type { Catalog, LakeFormat } from '@millrace/contracts'
import { createCuratorTopologies } from '@millrace/curator'
import { createDetectorEvaluatorTopologies } from '@millrace/detector-evaluator'
import type { EventLog } from '@millrace/event-log'
import { createSegmentBudget, type Lake, type SegmentBudgetOptions } from '@millrace/lake'
import { type ArchiverOptions, createLakeArchiverTopology } from '@millrace/lake-archiver'
import type { Mart } from '@millrace/mart'
import { createMartWriterMetrics, createMartWriterTopology } from '@millrace/mart-writer'
import { createProfilerTopologies } from '@millrace/profiler'
import type { Clock, Logger, ServiceMetrics } from '@millrace/runtime'
import { createLogProvider, createSmsGatewayTopology, type SmsGatewayOptions } from '@millrace/sms-gateway'
import type { Topology } from '@millrace/stream'

/** What the topologies of a service are made of. */
export interface TopologyParts {
  /** The domains that are carried. */
  readonly catalog: Catalog
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  /** Local folder for segments that are not yet archived. */
  readonly spoolDirectory: string
  readonly lakeFormat: LakeFormat
  /** A segment is archived when it is this old, whatever its size; one whose files wait for more rows at three times that age. */
  readonly archiveAfterMs: number
  /** When a segment is archived before it is that old. */
  readonly segmentLimits?: Pick<ArchiverOptions, 'maxBytes' | 'maxRows' | 'maxHours'>
  /** What all segments of the process that are not yet archived may take. */
  readonly segmentBudget?: SegmentBudgetOptions
  /** Judges players; the default model of the scorer unless given. */
  readonly model?: Model
  /** Sends messages; they are written to the log lines unless given. */
  readonly sms?: Pick<SmsGatewayOptions, 'provider' | 'attempts'>
}

const WAIT_FACTOR = 3

const domainsOf = ({ domains }: Catalog): string[] => domains.map(({ name }) => name)

/** The topologies whose topics are those of the domains that are carried. */
const carried = ({ catalog }: TopologyParts, ...of: readonly Topology[]): Topology[] =>
  of.filter(({ topics }) => topics.every(({ name }) => catalog.find(name)))

/** The topologies of each service between topics and stores, by its name. */
export const serviceTopologies: Readonly<Record<string, (parts: TopologyParts) => readonly Topology[]>> = {
  curator: ({ catalog }) => createCuratorTopologies({ domains: domainsOf(catalog) }),
  aggregator: ({ catalog, log }) => createAggregatorTopologies({ domains: domainsOf(catalog), log }),
  profiler: ({ catalog, log }) => createProfilerTopologies({ domains: domainsOf(catalog), log }),
  'anomaly-scorer': parts =>
    carried(parts, createAnomalyScorerTopology({ ...(parts.model && { model: parts.model }) })),
  'detector-evaluator': parts => carried(parts, ...createDetectorEvaluatorTopologies()),
  'sms-gateway': parts => {
    const { clock, log, logger, sms = { provider: createLogProvider(logger), attempts: 1 } } = parts
    return carried(parts, createSmsGatewayTopology({ ...sms, clock, log, random: () => 0 }))
  },
  'lake-archiver'({ catalog, lakeFormat: format, archiveAfterMs, segmentLimits, ...parts }) {
    const budget = createSegmentBudget(parts.segmentBudget)
    return catalog.domains.map(domain =>
      createLakeArchiverTopology({
        ...parts,
        ...segmentLimits,
        ...{ domain, budget, format, maxAgeMs: archiveAfterMs, maxWaitMs: archiveAfterMs * WAIT_FACTOR },
      }),
    )
  },
  'mart-writer'({ catalog, mart, metrics: core }) {
    const metrics = createMartWriterMetrics(core)
    return catalog.domains
      .filter(({ mappings }) => mappings.length > 0)
      .map(domain => createMartWriterTopology({ domain, mart, metrics }))
  },
}
