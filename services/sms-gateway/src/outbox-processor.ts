import type { EventOf } from '@millrace/contracts'
import { music } from '@millrace/domains/music/contract'
import type { Assignment, LogRecord } from '@millrace/event-log'
import { CodedError, Semaphore } from '@millrace/runtime'
import {
  deadLetter,
  decodeJson,
  type Emit,
  emitEvent,
  type FailedRecord,
  failedRecord,
  type PartitionProcessor,
  type ProcessResult,
} from '@millrace/stream'
import { sendMessage } from './steps/send-message.ts'
import type { SmsGatewayOptions } from './topology.ts'

const { smsRequests, smsReceipts } = music.topics
type Request = EventOf<typeof smsRequests>

const decode = decodeJson(smsRequests.schema)
/** Messages of a partition that are sent at the same time. */
const CONCURRENCY = 8
/** Ids of requests that are remembered: a request that is stored twice is so within one append of the profiler. */
const REMEMBERED = 10_000
const VERSION = 's1'

const textOf = (ends: readonly number[]): string => `${VERSION} ${ends.map(end => end.toString(36)).join(',')}`
const endsOf = (text: string): readonly number[] | null =>
  new RegExp(`^${VERSION} [0-9a-z,]*$`).test(text)
    ? text
        .slice(VERSION.length + 1)
        .split(',')
        .map(end => Number.parseInt(end, 36))
    : null

/**
 * Sends the requests of one partition of the outbox. Beside each position it commits where the receipts ended before: a restart reads
 * those behind, and sends no message again whose receipt is there. Where a process ends between the provider's answer and the receipt,
 * the message is sent again under the same idempotency key.
 */
export class OutboxProcessor implements PartitionProcessor {
  readonly #options: SmsGatewayOptions
  readonly #slots = new Semaphore(CONCURRENCY)
  /** Ids of requests that were sent or refused, the newest last. */
  readonly #settled = new Set<string>()

  constructor(options: SmsGatewayOptions) {
    this.#options = options
  }

  async open({ committed, earliest }: Assignment) {
    const { log } = this.#options
    const ends = endsOf(committed?.metadata ?? '') ?? []
    for (const { partition, earliest: first, end } of await log.range(smsReceipts.name))
      for await (const records of log.read(smsReceipts.name, partition, Math.max(first, ends[partition] ?? first), end))
        for (const { value } of records) this.#settle((JSON.parse(value.toString()) as { eventId: string }).eventId)
    const next = Math.max(earliest, committed?.offset ?? earliest)
    return { readFrom: next, publishFrom: next }
  }

  async process(records: readonly LogRecord[]): Promise<ProcessResult> {
    const ends: number[] = []
    for (const { partition, end } of await this.#options.log.range(smsReceipts.name)) ends[partition] = end
    const results = await Promise.all(records.map(record => this.#slots.use(() => this.#handle(record))))
    return {
      emits: results.flatMap(result => (result && 'topic' in result ? [result] : [])),
      failed: results.flatMap(result => (result && 'reason' in result ? [result] : [])),
      done: records.at(-1)!.offset + 1,
      metadata: textOf(ends),
    }
  }

  /** The receipt of a request, or why it has none; null where it was settled before. */
  async #handle(record: LogRecord): Promise<Emit | FailedRecord | null> {
    const decoded = decode(record, record)
    if (decoded.kind !== 'ok') return decoded.kind === 'dead-letter' ? failedRecord(record, decoded) : null
    const request = decoded.value as Request
    const { eventId: requestId, campaignDay, customer_id: customerId, campaign, text, datetime } = request
    if (this.#settled.has(requestId)) return null
    this.#settle(requestId)
    try {
      await sendMessage({ requestId, customerId, campaign, campaignDay, text }, this.#options)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      return failedRecord(record, deadLetter(error.code, error.message, { sourceEventId: requestId }))
    }
    const { provider, clock } = this.#options
    const sentAt = new Date(clock.now()).toISOString()
    return emitEvent(
      smsReceipts,
      { eventId: requestId, datetime, campaignDay, customer_id: customerId, provider: provider.name, sentAt },
      record,
    )
  }

  #settle(requestId: string): void {
    this.#settled.add(requestId)
    if (this.#settled.size <= REMEMBERED) return
    for (const oldest of this.#settled) {
      this.#settled.delete(oldest)
      break
    }
  }
}
