import { type EventOf, eventTimeOf, groupOf } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import {
  createKeyedProcessor,
  deadLetter,
  decodeJson,
  type Emit,
  emitEvent,
  type KeyedContext,
  ok,
  type PartitionProcessor,
  type ProcessResult,
  ReferenceTable,
  type Topology,
} from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { antenna } from '../contract.ts'
import { DeviceUsage, type HourUsage } from './track-usage.ts'

const HOUR_MS = 3_600_000
/** How long after the end of an hour its events still count. */
const ALLOWED_LATENESS_MS = HOUR_MS
/** Devices without a reference record whose hours are remembered, per partition. */
const MOST_WAITING = 100_000

const { raw, users, breaches, overQuota, unknownDevices } = antenna.topics
const decode = decodeJson(raw.schema, ['eventId', 'bytes', 'timestamp', 'id'])

const iso = (timeMs: number): string => new Date(timeMs).toISOString()

/**
 * antenna.raw, joined with antenna.users → antenna.quota-breaches: once per device and clock hour, at the event with which the usage
 * exceeds the quota; antenna.over-quota: the usage after that event and each later one of the hour; antenna.unknown-devices: devices
 * without a reference record, once per hour.
 */
export function createQuotaTopology({ log, logger, metrics }: AggregationParts): Topology {
  const table = new ReferenceTable(users, log)
  return {
    name: `${groupOf('aggregator', antenna.name)}.quota`,
    topics: [raw],
    outputs: [breaches, overQuota, unknownDevices],
    createProcessor: () => new QuotaProcessor(table, { ...(logger && { logger }), ...(metrics && { metrics }) }),
  }
}

/** Where what follows from an event goes. */
type Emitter = Pick<KeyedContext, 'emit'>

class QuotaProcessor implements PartitionProcessor {
  readonly #table: ReferenceTable<typeof users>
  readonly #inner: PartitionProcessor
  /** Devices whose reference record was looked for since the last tick. */
  readonly #missed = new Set<string>()
  /** Hours of devices without a reference record, which is applied to them when it arrives; the oldest are forgotten first. */
  readonly #waiting = new Map<string, Set<HourUsage>>()

  constructor(table: ReferenceTable<typeof users>, { logger, metrics }: Pick<AggregationParts, 'logger' | 'metrics'>) {
    this.#table = table
    this.#inner = createKeyedProcessor({
      service: 'aggregator',
      ...(logger && { logger }),
      ...(metrics && { metrics }),
      allowedLatenessMs: ALLOWED_LATENESS_MS,
      // An event of the hour before belongs to the same device's hours.
      horizonMs: HOUR_MS + ALLOWED_LATENESS_MS,
      decode: (record, same) => {
        const decoded = decode(record, same)
        if (decoded.kind !== 'ok') return decoded
        const timeMs = eventTimeOf(raw, decoded.value)
        return timeMs === null
          ? deadLetter('wrong_field', `no event time (${raw.timeText})`)
          : ok({ event: decoded.value, timeMs })
      },
      keyOf: ({ event }) => event.id,
      idOf: ({ event }) => event.eventId,
      eventTimeOf: ({ timeMs }) => timeMs,
      newState: () => new DeviceUsage(ALLOWED_LATENESS_MS),
      dependsFrom: device => device.dependsFrom,
      onRecord: (device, { event }, context) => {
        if (context.disposition !== 'on-time' && context.disposition !== 'late') return undefined
        const { eventTimeMs, record } = context
        const usage = device.add({ ...event, timeMs: eventTimeMs }, record.offset)
        if (usage) this.#check(usage, event.id, context)
        return undefined
      },
    })
  }

  async open(assignment: Assignment) {
    await this.#table.load()
    return this.#inner.open(assignment)
  }

  async process(records: readonly LogRecord[]): Promise<ProcessResult> {
    let isMissed = false
    for (const { key } of records) {
      const id = key.toString()
      if (this.#table.get(id) || this.#missed.has(id)) continue
      this.#missed.add(id)
      isMissed = true
    }
    // A reference record that was stored before the event is in the table then.
    if (isMissed) await this.#table.refresh()
    return this.#inner.process(records)
  }

  async tick(): Promise<ProcessResult | null> {
    this.#missed.clear()
    await this.#table.refresh()
    const emits: Emit[] = []
    for (const [id, hours] of this.#waiting) {
      if (!this.#table.get(id)) continue
      this.#waiting.delete(id)
      for (const usage of hours)
        this.#check(usage, id, { emit: (topic, event) => void emits.push(emitEvent(topic, event)) })
    }
    return emits.length === 0 ? null : { emits, failed: [], done: null }
  }

  #check(usage: HourUsage, id: string, context: Emitter): void {
    const hour = iso(usage.hourMs)
    const eventId = `${id}@${hour}`
    const { bytes, events, last } = usage
    const user = this.#table.get(id)
    if (!user) this.#wait(usage, { eventId, hour, id, datetime: iso(last.timeMs) }, context)
    if (!user || bytes <= user.quota) return
    const { name, email, quota } = user
    const owner = { eventId, hour, id, name, email, quota, usage: bytes }
    if (usage.crossing === null) {
      usage.crossing = { ...last, bytes }
      context.emit(breaches, { ...owner, sourceEventId: last.eventId, datetime: iso(last.timeMs) })
    }
    const { crossing } = usage
    context.emit(overQuota, {
      ...owner,
      events,
      crossedAt: iso(crossing.timeMs),
      crossingEventId: crossing.eventId,
      usageAtCrossing: crossing.bytes,
      revision: last.offset,
    })
  }

  #wait(usage: HourUsage, unknown: EventOf<typeof unknownDevices>, context: Emitter): void {
    if (!usage.isReported) context.emit(unknownDevices, unknown)
    usage.isReported = true
    const hours = this.#waiting.get(unknown.id) ?? new Set()
    hours.add(usage)
    this.#waiting.set(unknown.id, hours)
    if (this.#waiting.size > MOST_WAITING) this.#waiting.delete(this.#waiting.keys().next().value!)
  }
}
