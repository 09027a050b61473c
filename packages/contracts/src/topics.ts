import type { z } from 'zod'
import { lolAlert, lolCurated, lolRaw, lolRawWire, lolScore, lolTruth } from './domains/lol.ts'
import { failedEvent } from './failed-event.ts'
import type { WireReaders } from './wire.ts'

const DAY_MS = 86_400_000
const MIB = 1 << 20

/** Largest record that the gateway accepts, bytes of JSON. */
export const MAX_RECORD_BYTES = MIB

export interface TopicContract {
  readonly name: string
  readonly domain: string
  /** Canonical form of the record's value. */
  readonly schema: z.ZodObject
  /** How the wire form of a field is read; present on topics that clients may write. */
  readonly wire?: WireReaders
  /** Field whose UTF-8 bytes are the partition key. */
  readonly key: string
  /** Field with the event time. */
  readonly eventTime: string
  readonly partitions: number
  readonly retentionMs: number
  readonly cleanup: 'delete' | 'compact'
  readonly maxMessageBytes: number
  /** Which sinks hold every record: the lake, and the mart tables in which its event ids are found. */
  readonly sinks: { readonly lake: boolean; readonly mart: readonly string[] }
  /** For a derived topic: its source, the service that makes it, and whether each source event gives exactly one record with the same id. */
  readonly derivedFrom?: { readonly topic: string; readonly by: string; readonly everyEvent: boolean }
  readonly why: string
}

const stream = { partitions: 6, retentionMs: 7 * DAY_MS, cleanup: 'delete', maxMessageBytes: 2 * MIB } as const

/** Every topic of the platform. */
export const topics = {
  'lol.raw': {
    ...stream,
    name: 'lol.raw',
    domain: 'lol',
    schema: lolRaw,
    wire: lolRawWire,
    key: 'account',
    eventTime: 'datetime',
    sinks: { lake: true, mart: ['lol_analysis'] },
    why: 'Actions of players as accepted by the gateway; keyed by account so that one player stays in order.',
  },
  'lol.curated': {
    ...stream,
    name: 'lol.curated',
    domain: 'lol',
    schema: lolCurated,
    key: 'account',
    eventTime: 'datetime',
    sinks: { lake: true, mart: ['lol_analysis', 'lol_training'] },
    derivedFrom: { topic: 'lol.raw', by: 'curator', everyEvent: true },
    why: 'Raw actions with normalised names and derived columns, for analysis and training.',
  },
  'lol.scores': {
    ...stream,
    name: 'lol.scores',
    domain: 'lol',
    schema: lolScore,
    key: 'account',
    eventTime: 'datetime',
    sinks: { lake: false, mart: ['lol_scores_by_player'] },
    derivedFrom: { topic: 'lol.raw', by: 'anomaly-scorer', everyEvent: false },
    why: 'The score of every move, with its reasons.',
  },
  'lol.alerts': {
    ...stream,
    name: 'lol.alerts',
    domain: 'lol',
    schema: lolAlert,
    key: 'account',
    eventTime: 'datetime',
    retentionMs: 30 * DAY_MS,
    sinks: { lake: false, mart: ['lol_alerts_by_day'] },
    derivedFrom: { topic: 'lol.raw', by: 'anomaly-scorer', everyEvent: false },
    why: 'Players who crossed the alert threshold, once per incident, with evidence.',
  },
  'lol.truth': {
    ...stream,
    name: 'lol.truth',
    domain: 'lol',
    schema: lolTruth,
    wire: {},
    key: 'account',
    eventTime: 'datetime',
    sinks: { lake: true, mart: [] },
    why: 'Who really cheats; read by the evaluator and for the label column, never by a detector.',
  },
  'failed-events': {
    name: 'failed-events',
    domain: 'platform',
    schema: failedEvent,
    key: 'eventId',
    eventTime: 'datetime',
    partitions: 3,
    retentionMs: 30 * DAY_MS,
    cleanup: 'delete',
    maxMessageBytes: 4 * MIB,
    sinks: { lake: false, mart: [] },
    why: 'Records that a stage could not accept, with the reason and the original bytes.',
  },
} as const satisfies Record<string, TopicContract>

export type TopicName = keyof typeof topics

export const topicNames = Object.keys(topics) as TopicName[]

/** The contract of a topic; throws with the known names when there is none. */
export function topicContract(name: string): TopicContract {
  if (Object.hasOwn(topics, name)) return topics[name as TopicName]
  throw new Error(`No topic "${name}" in the contracts. Known: ${topicNames.join(', ')}.`)
}
