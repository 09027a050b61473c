import type { Clock, Logger, Secret } from '@millrace/runtime'
import { createGatewaySink, type EventSink, type Ledger, type SinkRecord, type WriteResult } from '@millrace/simulation'
import type { HeldLine, ReplayRecord } from './replay-line.ts'

/** Lines that are sent together and answered together. */
const CHUNK_LINES = 500

export interface NumberedLine {
  /** From 1. */
  readonly number: number
  readonly content: ReplayRecord | HeldLine
}

/**
 * What became of one line. `accepted`: stored, as the gateway has acknowledged. `refused`: the gateway judged it and took it not.
 * `held`: not sent. `open`: neither accepted nor refused when the replay gave up; it may be stored, and sending it again does no harm.
 */
export interface ReplayOutcome {
  readonly line: number
  readonly id: string
  readonly topic: string
  readonly eventId: string | null
  readonly outcome: 'accepted' | 'refused' | 'held' | 'open'
  readonly code: string | null
  readonly message: string | null
}

export interface ReplayOptions {
  /** Address of the gateway. */
  readonly url: string
  readonly apiKey: Secret
  readonly clock: Clock
  readonly logger: Logger
  /** How long the gateway may take nothing before the replay gives up, ms. */
  readonly retryTimeoutMs: number
  readonly signal: AbortSignal
  /** Notes the ids of what was accepted. */
  readonly ledger?: Ledger
  readonly onOutcome: (outcome: ReplayOutcome) => void
}

/**
 * Sends failed records through the gateway again and tells of each what became of it, in the order of the lines. No answer, 429
 * and 503 are tried again, after Retry-After where it was given, the same bytes.
 */
export async function replayFailedEvents(lines: AsyncIterable<NumberedLine>, options: ReplayOptions): Promise<void> {
  // One for each topic: a key that may not write one of them says nothing of the others.
  const sinks = new Map<string, EventSink<SinkRecord>>()
  const sinkOf = (topic: string): EventSink<SinkRecord> => {
    const sink = sinks.get(topic) ?? createGatewaySink(options)
    sinks.set(topic, sink)
    return sink
  }

  async function send(chunk: readonly NumberedLine[]): Promise<void> {
    const results = new Map<NumberedLine, WriteResult>()
    const sendable = chunk.filter(isSendable)
    for (const [topic, own] of Map.groupBy(sendable, line => line.content.topic)) {
      const answers = await sinkOf(topic).write(
        own.map(line => line.content),
        options.signal,
      )
      own.forEach((line, index) => {
        results.set(line, answers[index]!)
      })
    }
    for (const line of chunk) options.onOutcome(outcomeOf(line, results.get(line) ?? null))
    const accepted = sendable.filter(line => results.get(line) === null).map(line => line.content)
    for (const [topic, own] of Map.groupBy(accepted, record => record.topic))
      await options.ledger?.append(
        topic,
        own.map(record => record.eventId),
      )
  }

  try {
    let chunk: NumberedLine[] = []
    for await (const line of lines) {
      chunk.push(line)
      if (chunk.length < CHUNK_LINES) continue
      await send(chunk)
      chunk = []
    }
    await send(chunk)
  } finally {
    for (const sink of sinks.values()) await sink.close()
  }
}

const isSendable = (line: NumberedLine): line is NumberedLine & { readonly content: ReplayRecord } =>
  line.content.kind === 'record'

function outcomeOf({ number: line, content }: NumberedLine, result: WriteResult): ReplayOutcome {
  const { id, topic } = content
  if (content.kind === 'held')
    return { line, id, topic, eventId: null, outcome: 'held', code: content.code, message: content.message }
  const { eventId } = content
  if (result === null) return { line, id, topic, eventId, outcome: 'accepted', code: null, message: null }
  if (result.kind === 'refused')
    return { line, id, topic, eventId, outcome: 'refused', code: result.code, message: result.message }
  const { code, message } = result.error
  return { line, id, topic, eventId, outcome: 'open', code, message }
}
