import { isPlausibleEventTime } from '@millrace/contracts'
import type { GatewayMetrics } from '../metrics.ts'
import { isRefusal, type Refusal } from '../problem.ts'
import type { Prepared } from './prepare-records.ts'

type Counts = Map<Refusal['code'], number>

const increment = (counts: Counts, code: Refusal['code']): void => void counts.set(code, (counts.get(code) ?? 0) + 1)

/** Counts the records of a request whose outcomes are complete; once for each topic and code, and not for each record. */
export function countRecords({ topics, outcomes }: Prepared, metrics: GatewayMetrics, nowMs: number): void {
  const refusals: Counts = new Map()
  const kept: Counts = new Map()
  for (const outcome of outcomes) if (isRefusal(outcome)) increment(refusals, outcome.code)
  for (const { topic, accepted, refused, records } of topics) {
    metrics.recordsIn.inc({ topic: topic.name }, records)
    for (const { index } of refused) {
      const outcome = outcomes[index]!
      if (isRefusal(outcome) && outcome.retryAfterS === undefined) increment(kept, outcome.code)
    }
    let stored = 0
    for (const index of accepted.indexes) if (!isRefusal(outcomes[index]!)) stored++
    if (stored === 0) continue
    metrics.recordsOut.inc({ topic: topic.name }, stored)
    metrics.lastProgress.set(nowMs / 1000)
    const { eventTimeMs } = accepted.records.at(-1)!
    if (isPlausibleEventTime(eventTimeMs, nowMs))
      metrics.freshness.observe({ topic: topic.name }, (nowMs - eventTimeMs) / 1000)
  }
  for (const [code, count] of refusals) metrics.refusals.inc({ of: 'record', code }, count)
  for (const [code, count] of kept) metrics.recordsFailed.inc({ reason: code }, count)
}
