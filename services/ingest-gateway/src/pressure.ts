import type { AppendResult } from '@millrace/event-log'
import type { Clock } from '@millrace/runtime'

const SPAN_MS = 500

interface Span {
  readonly startMs: number
  taken: number
  turnedAway: number
}

/**
 * Whether a log lately turned away more records than it took. One partition that is stuck among many does not make it so.
 * Where nothing is sent because of it, it is over after a second.
 */
export function createPressure(clock: Clock): { note(results: readonly AppendResult[]): void; isHigh(): boolean } {
  let spans: Span[] = []
  const recent = (): Span[] => {
    const nowMs = clock.now()
    if (spans.length > 0) spans = spans.filter(({ startMs }) => nowMs - startMs < 2 * SPAN_MS)
    return spans
  }
  return {
    note(results) {
      const nowMs = clock.now()
      let span = recent().at(-1)
      if (!span || nowMs - span.startMs >= SPAN_MS) {
        span = { startMs: nowMs, taken: 0, turnedAway: 0 }
        spans.push(span)
      }
      for (const result of results) {
        if (result.ok) span.taken++
        else if (result.error.code === 'log_saturated') span.turnedAway++
      }
    },
    isHigh() {
      let balance = 0
      for (const { taken, turnedAway } of recent()) balance += turnedAway - taken
      return balance > 0
    },
  }
}
