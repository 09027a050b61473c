import { createAggregatorTopologies } from '@millrace/aggregator'
import { makerOf, type Topic } from '@millrace/contracts'
import { antenna } from '@millrace/domains/antenna/contract'
import { lol } from '@millrace/domains/lol/contract'
import { curation } from '@millrace/domains/lol/curate'
import { music } from '@millrace/domains/music/contract'
import type { EventLog } from '@millrace/event-log'
import { createProfilerTopologies } from '@millrace/profiler'
import { createLogger, createServiceMetrics } from '@millrace/runtime'
import { createJoinMetrics, createKeyedMetrics, type Topology } from '@millrace/stream'

/** One topology of a service, with all that its service gives it. */
export interface Service {
  readonly source: Topic
  /** The topics that it writes and reads itself. */
  readonly through: readonly Topic[]
  readonly target: Topic
  readonly createTopology: (log: EventLog) => Topology
}

/** Each set watches its process for as long as that lives. */
export const ownMetrics = createServiceMetrics('bench')
const { registry } = ownMetrics
const shared = {
  logger: createLogger('bench', { level: 'error' }),
  metrics: createKeyedMetrics('bench', registry),
  joinMetrics: createJoinMetrics('bench', registry),
}

const makerAmong = (topologies: readonly Topology[], results: Topic): Topology =>
  topologies.find(({ name }) => name === makerOf(results))!

export const services = {
  /** lol.raw → lol.curated: columns per action and from the player's previous move. */
  curation: {
    source: lol.topics.raw,
    through: [],
    target: lol.topics.curated,
    createTopology: () => curation.createTopology(shared),
  },
  /** antenna.raw → antenna.bytes: bytes per five minutes by app, antenna and user. */
  sums: {
    source: antenna.topics.raw,
    through: [antenna.topics.bytesPartials],
    target: antenna.topics.bytes,
    createTopology: log =>
      makerAmong(createAggregatorTopologies({ ...shared, log, domains: [antenna.name] }), antenna.topics.bytes),
  },
  /** music.raw, joined with music.customers and music.tracks → music.listens. */
  listens: {
    source: music.topics.raw,
    through: [],
    target: music.topics.listens,
    createTopology: log =>
      makerAmong(createProfilerTopologies({ ...shared, log, domains: [music.name] }), music.topics.listens),
  },
} as const satisfies Record<string, Service>

export type ServiceName = keyof typeof services
