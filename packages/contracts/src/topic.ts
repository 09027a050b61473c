import type { z } from 'zod'
import { asEventTime } from './event-time.ts'
import { type Person, pathOfPlace, personFieldsOf } from './person.ts'
import { instantMs, type WireReaders } from './wire.ts'

const DAY_MS = 86_400_000
const MIB = 1 << 20

/** Largest record that the gateway accepts, bytes of JSON. */
export const MAX_RECORD_BYTES = MIB

type Fields = Readonly<Record<string, unknown>>

/** How a top-level field holds the event time: a canonical instant, or a number of seconds or milliseconds since the epoch. */
export type TimeUnit = 'instant' | 'seconds' | 'milliseconds'

/** A function of an event that reads one top-level field, so that a reader may find the value without parsing the event. */
export interface FieldAccessor<Result> {
  (event: Fields): Result
  readonly field: string
}
export interface TimeAccessor extends FieldAccessor<number | null> {
  readonly unit: TimeUnit
}

/** The partition key is one field, a text or a number. */
export const keyField = (field: string): FieldAccessor<string> =>
  Object.assign(
    (event: Fields): string => {
      const value = event[field]
      return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
    },
    { field },
  )

const timeField = (field: string, unit: TimeUnit, read: (value: unknown) => number): TimeAccessor =>
  Object.assign(
    (event: Fields): number | null => {
      const timeMs = read(event[field])
      return Number.isNaN(timeMs) ? null : timeMs
    },
    { field, unit },
  )

const numberTimes = (factor: number) => (value: unknown) => (typeof value === 'number' ? value * factor : Number.NaN)

/** The event time is one field with an ISO-8601 instant. */
export const instantField = (field: string): TimeAccessor => timeField(field, 'instant', instantMs)
/** The event time is one field with seconds since the epoch. */
export const epochSecondsField = (field: string): TimeAccessor => timeField(field, 'seconds', numberTimes(1000))
/** The event time is one field with milliseconds since the epoch. */
export const epochMillisField = (field: string): TimeAccessor => timeField(field, 'milliseconds', numberTimes(1))

/** Path of the gateway for a topic: `/v1/events/<domain>` for `<domain>.raw`, else `/v1/events/<domain>/<stream>`. */
export function routePath(topicName: string): string {
  const [domain, stream] = topicName.split('.')
  return `/v1/events/${domain}${stream === 'raw' ? '' : `/${stream}`}`
}

/** Where clients send the records of a topic. */
export interface TopicRoute {
  readonly path: string
  /** Records that the gateway accepts as they are, the one for the documentation first. */
  readonly samples: readonly Readonly<Record<string, unknown>>[]
  /** Whether pages in browsers may send them, with a key that everyone can read. */
  readonly browsers: boolean
}

/** Where a derived topic comes from. */
export interface Derivation {
  readonly topic: Topic
  /** Further topics that its records are made from. */
  readonly with?: readonly Topic[]
  /** The service that makes it. */
  readonly by: string
  /** Which topology of the service makes it, where the service has several for the domain. */
  readonly topology?: string
  /** `each`: every source event gives exactly one record under the same event id. `some`: zero or more. `aggregate`: a record holds many events. */
  readonly relation: 'each' | 'some' | 'aggregate'
}

/** What everybody may rely on about a topic. `S` is the schema of its records in canonical form. */
export interface Topic<S extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly domain: string
  readonly schema: S
  /** How the wire form of a field is read; for topics with a route. */
  readonly wire: WireReaders
  readonly route: TopicRoute | null
  /** The partition key of an event, not empty. */
  keyOf(event: z.infer<S>): string
  /** The event time in ms since the epoch; null where the event has none. */
  eventTimeMs(event: z.infer<S>): number | null
  /** The one field that `keyOf` reads, where it is one. */
  readonly keyField: string | null
  /** The one field that `eventTimeMs` reads, where it is one. */
  readonly timeField: { readonly field: string; readonly unit: TimeUnit } | null
  /** What key and event time are, for people. */
  readonly keyText: string
  readonly timeText: string
  readonly partitions: number
  readonly retentionMs: number
  readonly cleanup: 'delete' | 'compact'
  readonly maxMessageBytes: number
  /** Whether the lake holds every record. */
  readonly lake: boolean
  readonly derivedFrom: Derivation | null
  /** Whose the records are; null where nothing is stated. */
  readonly person: Person | null
  /** Why the topic exists, one sentence. */
  readonly why: string
}

/** An event of a topic, in canonical form. */
export type EventOf<T> = T extends Topic<infer S> ? z.infer<S> : never

export interface TopicSpecification<S extends z.ZodObject> {
  readonly name: string
  /** The domain that the topic belongs to, where its name begins with something else. */
  readonly domain?: string
  readonly schema: S
  readonly keyOf: FieldAccessor<string> | ((event: z.infer<S>) => string)
  readonly eventTimeMs: TimeAccessor | ((event: z.infer<S>) => number | null)
  /** What key and event time are, where they are not one field. */
  readonly keyText?: string
  readonly timeText?: string
  readonly wire?: WireReaders
  /** Makes the topic one that clients may write, at `routePath(name)`. */
  readonly samples?: TopicRoute['samples']
  /** Lets browser keys write the topic: anyone can then write it. */
  readonly browsers?: boolean
  readonly partitions?: number
  readonly retentionDays?: number
  readonly cleanup?: 'delete' | 'compact'
  readonly maxMessageBytes?: number
  readonly lake?: boolean
  readonly derivedFrom?: Derivation
  /** Whose the records are; a derived topic has the fields of its source that its schema has, unless said otherwise. */
  readonly person?: Person
  readonly why: string
}

/** The topics that a derived topic is made from; none where it is not derived. */
export const sourcesOf = ({ derivedFrom }: Topic): readonly Topic[] =>
  derivedFrom ? [derivedFrom.topic, ...(derivedFrom.with ?? [])] : []

const fieldOf = (accessor: unknown): string | null => (accessor as Partial<FieldAccessor<unknown>>).field ?? null

/** The fields of the source's person that a derived topic has as well; null where it has none. */
function inheritedPerson(derivedFrom: Derivation | undefined, schema: z.ZodObject): Person | null {
  const fields = Object.entries(personFieldsOf(derivedFrom?.topic.person ?? null)).filter(([, place]) =>
    Object.hasOwn(schema.shape, pathOfPlace(place).split('.')[0]!),
  )
  return fields.length === 0 ? null : { fields: Object.fromEntries(fields) }
}

/** Declares a topic; 6 partitions, 7 days and the lake unless said otherwise. */
export function defineTopic<S extends z.ZodObject>(spec: TopicSpecification<S>): Topic<S> {
  const keyField = fieldOf(spec.keyOf)
  const time = spec.eventTimeMs as Partial<TimeAccessor>
  const timeField = time.field !== undefined && time.unit !== undefined ? { field: time.field, unit: time.unit } : null
  return Object.freeze({
    name: spec.name,
    domain: spec.domain ?? spec.name.split('.')[0]!,
    schema: spec.schema,
    wire: spec.wire ?? {},
    route: spec.samples
      ? { path: routePath(spec.name), samples: spec.samples, browsers: spec.browsers ?? false }
      : null,
    keyOf: spec.keyOf,
    eventTimeMs: spec.eventTimeMs,
    keyField,
    timeField,
    keyText: spec.keyText ?? (keyField === null ? 'see the contract' : `\`${keyField}\``),
    timeText:
      spec.timeText ??
      (timeField === null
        ? 'see the contract'
        : `\`${timeField.field}\`${timeField.unit === 'instant' ? '' : ` (${timeField.unit} since the epoch)`}`),
    partitions: spec.partitions ?? 6,
    retentionMs: (spec.retentionDays ?? 7) * DAY_MS,
    cleanup: spec.cleanup ?? 'delete',
    maxMessageBytes: spec.maxMessageBytes ?? 2 * MIB,
    lake: spec.lake ?? true,
    derivedFrom: spec.derivedFrom ?? null,
    person: spec.person ?? inheritedPerson(spec.derivedFrom, spec.schema),
    why: spec.why,
  })
}

/** Whether records with one key have the same partition in both topics, given the same number of partitions. */
export const isSameKey = (a: Topic, b: Topic): boolean =>
  (a.keyField !== null && a.keyField === b.keyField) || Object.is(a.keyOf, b.keyOf)

/** Whether a later record of an id takes the place of an earlier one: readers take the newest, which has the highest revision. */
export const isReplaced = ({ cleanup, schema }: Topic): boolean =>
  cleanup === 'compact' || Object.hasOwn(schema.shape, 'revision')

/** Whether an event id occurs once in a derived topic: each of its records tells of one event, and is never replaced. */
export const isPublishedOnce = (topic: Topic): boolean =>
  topic.derivedFrom !== null &&
  topic.derivedFrom.relation !== 'aggregate' &&
  Object.hasOwn(topic.schema.shape, 'eventId') &&
  !isReplaced(topic)

/** Field that the gateway adds to an event without an event time: the time of receipt, an ISO-8601 instant. */
export const RECEIVED_AT = 'receivedAt'

/** The event time of a parsed event in whole ms since the epoch: its own where an instant can hold it, else the time of receipt; null where there is neither. */
export function eventTimeOf(topic: Topic, event: Fields): number | null {
  const claimed = topic.eventTimeMs(event)
  const own = claimed === null ? null : asEventTime(claimed)
  if (own !== null) return own
  const receivedMs = instantMs(event[RECEIVED_AT])
  return Number.isNaN(receivedMs) ? null : receivedMs
}
