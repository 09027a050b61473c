import type { AppendResult } from '@millrace/event-log'
import type { Clock } from '@millrace/runtime'

const SPAN_MS = 500

interface Span {
  readonly startMs: number
  stored: number
  refused: number
}

/**
 * Whether the log refused more records than it stored in the last second. A single slow partition among many is not saturation.
 * It ends after a second in which nothing was sent.
 */
export function createLogSaturation(clock: Clock): {
  record(results: readonly AppendResult[]): void
  isSaturated(): boolean
} {
  let spans: Span[] = []
  const recent = (): Span[] => {
    const nowMs = clock.now()
    if (spans.length > 0) spans = spans.filter(({ startMs }) => nowMs - startMs < 2 * SPAN_MS)
    return spans
  }
  return {
    record(results) {
      const nowMs = clock.now()
      let span = recent().at(-1)
      if (!span || nowMs - span.startMs >= SPAN_MS) {
        span = { startMs: nowMs, stored: 0, refused: 0 }
        spans.push(span)
      }
      for (const result of results) {
        if (result.ok) span.stored++
        else if (result.error.code === 'log_saturated') span.refused++
      }
    },
    isSaturated() {
      let balance = 0
      for (const { stored, refused } of recent()) balance += refused - stored
      return balance > 0
    },
  }
}
