import { setMaxListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock, CodedError, Component, Logger, ServiceMetrics } from '@millrace/runtime'
import { Accounts } from './accounts.ts'
import type { SimulatedRecord } from './actor.ts'
import type { SimulatedRun } from './domain-simulation.ts'
import type { RecordStream } from './merge.ts'
import { createPacer, type Speed } from './pacing.ts'
import { openRunFiles, type RunFileOptions, type RunFiles } from './run-files.ts'
import type { EventSink, WriteResult } from './sink.ts'
import type { Progress, Summary } from './summary.ts'

const PROGRESS_EVERY_MS = 250
/** A paced run looks this often at most, so that records of nearly one time travel together. */
const SHORTEST_SLEEP_MS = 20
const BATCHES_IN_FLIGHT = 4

export interface RunOptions {
  readonly name: string
  readonly stream: RecordStream
  /** Virtual time that the simulation covers, ms since the epoch. */
  readonly span: { readonly startMs: number; readonly endMs: number }
  /** See `SimulatedRun.share`. */
  readonly share?: SimulatedRun['share'] | undefined
  readonly speed: Speed
  readonly batchRecords: number
  /** Records at the head of the stream that an earlier run has settled. */
  readonly skip?: number
  readonly sink: EventSink
  /** Topics of reference data: what follows a record of theirs waits for its answer where the sink may change the order. */
  readonly referenceTopics?: ReadonlySet<string>
  readonly files: RunFileOptions
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: ServiceMetrics | undefined
  /** True when virtual time is meant to be the present, so that freshness can be measured. */
  readonly isLive?: boolean
  /** Called at most four times a second. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** After `stop`, how long what was sent may wait for its answer, ms. */
  readonly stopTimeoutMs?: number
}

/**
 * Sends a stream of records to a sink, each at its time. What is in flight spans at most the virtual time that the sink names
 * (`EventSink.maxInFlightSpanMs`): after a longer gap the run waits until everything before it is answered. `finished` resolves at
 * the end of the stream, after `stop`, or when the reader of the output went away; it rejects when the sink or a file cannot go on.
 * Either way everything sent is settled, the files are written and the sink is closed.
 */
export function createRun(options: RunOptions): Component & { readonly finished: Promise<Summary> } {
  const { stream, sink, clock, logger, metrics, span, referenceTopics = new Set(), skip = 0 } = options
  const isWanted = (record: SimulatedRecord): boolean => sink.accepts?.(record.topic) ?? true
  const maxSpanMs = sink.maxInFlightSpanMs ?? Number.POSITIVE_INFINITY
  const waitsForReference = sink.maxInFlightSpanMs !== undefined && referenceTopics.size > 0
  const accounts = new Accounts()
  const stopping = new AbortController()
  const giveUp = new AbortController()
  const ended = new AbortController()
  setMaxListeners(0, stopping.signal, giveUp.signal)
  const outcome = Promise.withResolvers<Summary>()
  outcome.promise.catch(() => {})
  let files: RunFiles | null = null
  let failure: { readonly error: unknown } | null = null
  let readerGone = false
  let passed = 0
  let virtualMs = span.startMs
  let beganMs = 0
  let lastProgressMs = Number.NEGATIVE_INFINITY
  /** Batches without an answer, the oldest first. */
  const inFlight: { readonly firstMs: number; readonly settled: Promise<void> }[] = []
  let isReferenceInFlight = false
  let settledTail: Promise<void> = Promise.resolve()

  function fail(error: unknown): void {
    failure ??= { error }
    beginStop()
  }

  function beginStop(): void {
    if (stopping.signal.aborted) return
    stopping.abort(new Error('stopped'))
    clock.sleep(options.stopTimeoutMs ?? 10_000, ended.signal).then(
      () => giveUp.abort(new Error('stopped')),
      () => {},
    )
  }

  /** Virtual time up to which the sink may get records now: its bound after the oldest one without an answer. */
  const reachMs = (): number => (inFlight[0]?.firstMs ?? Number.POSITIVE_INFINITY) + maxSpanMs

  function take(dueMs: number): SimulatedRecord[] {
    const batch: SimulatedRecord[] = []
    let untilMs = Math.min(dueMs, reachMs())
    while (batch.length < options.batchRecords && stream.nextMs <= untilMs) {
      const record = stream.next()
      virtualMs = record.atMs
      if (!isWanted(record)) continue
      if (batch.length === 0) untilMs = Math.min(untilMs, record.atMs + maxSpanMs)
      batch.push(record)
    }
    return batch
  }

  /** Sends a batch so that no event is on its way together with reference data before it. */
  async function sendBatch(batch: readonly SimulatedRecord[]): Promise<void> {
    if (!waitsForReference) return submit(batch)
    for (const part of splitByKind(batch, ({ topic }) => referenceTopics.has(topic))) {
      const isReference = referenceTopics.has(part[0]!.topic)
      if (isReferenceInFlight && !isReference) await awaitRoom(0)
      isReferenceInFlight = isReference
      submit(part)
    }
  }

  function submit(batch: readonly SimulatedRecord[]): void {
    accounts.emit(batch)
    const chars = batch.reduce((sum, record) => sum + record.value.length, 0)
    const written = sink.write(batch, giveUp.signal)
    written.catch(() => {})
    settledTail = settledTail.then(async () => {
      try {
        await settle(batch, await written)
      } catch (error) {
        fail(error)
      }
      inFlight.shift()
      metrics?.inFlightBytes.dec(chars)
    })
    inFlight.push({ firstMs: batch[0]!.atMs, settled: settledTail })
    metrics?.inFlightBytes.inc(chars)
  }

  async function settle(batch: readonly SimulatedRecord[], results: readonly WriteResult[]): Promise<void> {
    accounts.settle(batch, results)
    measure(batch, results)
    // Also when a record is unanswered: what was acknowledged beside it must not be lost from the ledger.
    await files?.settle(batch, results)
    const unanswered = results.find(result => result?.kind === 'unanswered')
    if (unanswered?.kind !== 'unanswered') return
    if (isCode(unanswered.error, 'reader_gone')) {
      readerGone = true
      beginStop()
    } else if (!(stopping.signal.aborted && isCode(unanswered.error, 'given_up'))) fail(unanswered.error)
  }

  function measure(batch: readonly SimulatedRecord[], results: readonly WriteResult[]): void {
    if (!metrics) return
    const acknowledged = new Map<string, number>()
    batch.forEach((record, index) => {
      const result = results[index]!
      if (result === null) acknowledged.set(record.topic, (acknowledged.get(record.topic) ?? 0) + 1)
      else metrics.recordsFailed.inc({ reason: result.kind === 'refused' ? result.code : 'unanswered' })
    })
    for (const [topic, count] of acknowledged) metrics.recordsOut.inc({ topic }, count)
    if (acknowledged.size > 0) metrics.lastProgress.set(clock.now() / 1000)
    const newest = batch.at(-1)!
    if (options.isLive)
      metrics.freshness.observe({ topic: newest.topic }, Math.max(0, clock.now() - newest.atMs) / 1000)
  }

  async function awaitRoom(batches: number): Promise<void> {
    while (inFlight.length > batches) await inFlight[0]!.settled
  }

  function report(force = false): void {
    if (!options.onProgress) return
    const nowMs = clock.now()
    if (!force && nowMs - lastProgressMs < PROGRESS_EVERY_MS) return
    lastProgressMs = nowMs
    const share = options.share?.() ?? (virtualMs - span.startMs) / Math.max(1, span.endMs - span.startMs)
    options.onProgress({
      ...accounts.events,
      virtualMs,
      share: Math.min(1, Math.max(0, share)),
      elapsedMs: nowMs - beganMs,
    })
  }

  async function skipHead(): Promise<void> {
    while (passed < skip && stream.nextMs !== Number.POSITIVE_INFINITY && !stopping.signal.aborted) {
      if (isWanted(stream.next()) && ++passed % 10_000 === 0) await turn()
    }
  }

  async function send(): Promise<void> {
    await skipHead()
    const startMs = skip > 0 ? Math.min(stream.nextMs, span.endMs) : span.startMs
    const pacer = createPacer({ clock, speed: options.speed, startMs })
    while (!stopping.signal.aborted && stream.nextMs !== Number.POSITIVE_INFINITY) {
      const batch = take(pacer.dueMs())
      if (batch.length > 0) {
        await sendBatch(batch)
        await awaitRoom(BATCHES_IN_FLIGHT - 1)
        await turn()
      } else if (stream.nextMs > reachMs()) {
        await awaitRoom(inFlight.length - 1)
      } else if (stream.nextMs !== Number.POSITIVE_INFINITY) {
        const waitMs = Math.max(SHORTEST_SLEEP_MS, pacer.waitMs(stream.nextMs))
        await clock.sleep(waitMs, stopping.signal).catch(() => {})
      }
      report()
    }
    await awaitRoom(0)
  }

  async function close(): Promise<void> {
    const results = await Promise.allSettled([sink.close(), files?.close()])
    for (const result of results) if (result.status === 'rejected') fail(result.reason)
  }

  async function run(): Promise<void> {
    try {
      await send()
    } catch (error) {
      fail(error)
      await settledTail
    }
    const isWhole = stream.nextMs === Number.POSITIVE_INFINITY
    await close()
    ended.abort()
    const statistics = accounts.summary()
    const summary: Summary = {
      sink: sink.name,
      ...statistics,
      position: (isWhole ? passed : skip) + accounts.settledHead,
      complete: isWhole && !failure && statistics.unanswered === 0,
      elapsedMs: clock.now() - beganMs,
    }
    report(true)
    const { emitted, acknowledged, refused, unanswered, position, complete } = summary
    logger.info({ emitted, acknowledged, refused, unanswered, position, complete, readerGone }, 'run_ended')
    if (failure) outcome.reject(failure.error)
    else outcome.resolve(summary)
  }

  return {
    name: options.name,
    finished: outcome.promise,
    async start() {
      files = await openRunFiles(options.files).catch(async error => {
        await sink.close()
        throw error
      })
      beganMs = clock.now()
      void run()
    },
    async stop() {
      if (!files) return
      beginStop()
      await outcome.promise.catch(() => {})
    },
  }
}

/** Splits items, in their order, wherever the answer changes. */
function splitByKind<T>(items: readonly T[], isOfKind: (item: T) => boolean): T[][] {
  const parts: T[][] = []
  let kind: boolean | null = null
  for (const item of items) {
    const next = isOfKind(item)
    if (next === kind) parts.at(-1)!.push(item)
    else parts.push([item])
    kind = next
  }
  return parts
}

const isCode = (error: CodedError, code: string): boolean => error.code === code
