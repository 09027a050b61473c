import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createWindowedAggregation, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { addBytes, antenna, sumTypes } from '../contract.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How long after its end a window still counts events. */
const GRACE_MS = HOUR_MS

const { raw, bytes, bytesPartials, bytesLate, usage, usagePartials, usageLate } = antenna.topics
const writeInstant = createInstantWriter()

/** antenna.raw → antenna.bytes: bytes per five minutes by app, by antenna and by user. */
export const createBytesTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    name: makerOf(bytes),
    service: 'aggregator',
    source: raw,
    partials: bytesPartials,
    results: bytes,
    late: bytesLate,
    windowMs: 5 * MINUTE_MS,
    graceMs: GRACE_MS,
    groupsOf: event => [
      [sumTypes[0], event.app.toUpperCase()],
      [sumTypes[1], event.antenna_id],
      [sumTypes[2], event.id],
    ],
    zero: 0,
    add: (sum, event) => addBytes(sum, event.bytes),
    merge: addBytes,
    toEvent: ({ windowMs, group: [type, id], events, result, revision }) => ({
      timestamp: writeInstant(windowMs),
      type: type as (typeof sumTypes)[number],
      id: id!,
      value: result,
      events,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })

/** antenna.raw → antenna.usage: bytes per clock hour and device. */
export const createUsageTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    name: makerOf(usage),
    service: 'aggregator',
    source: raw,
    partials: usagePartials,
    results: usage,
    late: usageLate,
    windowMs: HOUR_MS,
    graceMs: GRACE_MS,
    groupsOf: event => [[event.id]],
    zero: 0,
    add: (sum, event) => addBytes(sum, event.bytes),
    merge: addBytes,
    toEvent: ({ windowMs, group: [id], events, result, revision }) => ({
      hour: writeInstant(windowMs),
      id: id!,
      usage: result,
      events,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
