import type { EventOf, Topic } from '@millrace/contracts'
import type { Logger } from '@millrace/runtime'
import type { KeyedMetrics } from '../keyed-metrics.ts'
import type { KeyedContext } from '../keyed-processor.ts'
import type { Topology } from '../topology.ts'
import { checkDurations } from './check-options.ts'
import { KeyedWindowProcessor } from './keyed-window-processor.ts'
import type { LateEvents } from './window-records.ts'

/** A stretch of event time, ms since the epoch: start inclusive, end exclusive. */
export interface TimeWindow {
  readonly startMs: number
  readonly endMs: number
}

/** Windows of a fixed length, e.g. clock hours. A window is open until the watermark has passed its end by the grace. */
export interface TumblingWindows {
  readonly lengthMs: number
  readonly graceMs: number
}

/**
 * One open window per key: from its first event until the watermark is `gapMs` past its newest one. An event that is `gapMs` behind
 * the watermark is late. An event time counts at most as a minute after its time of sending.
 */
export interface SessionWindows {
  readonly gapMs: number
  readonly lengthMs?: never
}

/**
 * Windows that events declare, e.g. a raid: from its start to the end of the boss's time. One window per key and declared start; of
 * different ends that were declared before it closed, the latest counts. A window is open until the watermark has passed its end by
 * the grace. The declared window counts, whatever the time of the event in it.
 */
export interface DeclaredWindows<Event> {
  readonly windowOf: (event: Event) => TimeWindow
  readonly graceMs: number
  /** An event that declares a longer window, one without a length, or one that begins at an implausible time, is late. */
  readonly maxLengthMs: number
}

/** What `onRecord` and `onTimer` are given; only valid during that call. */
export interface WindowContext
  extends Pick<KeyedContext, 'record' | 'key' | 'eventTimeMs' | 'watermarkMs' | 'isRebuilding' | 'emit'> {
  /** The event, or the one that moved the watermark to the time of the timer. */
  readonly record: KeyedContext['record']
  /** Of the event, or the time for which the timer was set or the window closes, ms. */
  readonly eventTimeMs: number
  /** Of a session: from its oldest event to `gapMs` after its newest one, so far. Of a declared window: to the latest end so far. */
  readonly window: TimeWindow
  /**
   * Has `onTimer` called when the watermark reaches `atMs`, unless the window is closed before. A window has one timer: this
   * replaces it. A timer that is set in `onTimer` must be later than the one that was called.
   */
  setTimer(atMs: number): void
}

export interface KeyedWindowsOptions<Source extends Topic, State> {
  /** Consumer group. */
  readonly name: string
  /** Name of the service, for errors and logs. */
  readonly service: string
  /** Its key is the key of the windows. */
  readonly source: Source
  readonly outputs: readonly Topic[]
  readonly windows: TumblingWindows | SessionWindows | DeclaredWindows<EventOf<Source>>
  readonly newState: () => State
  /** Adds an event to the state of its key and window. As the functions below: no clock, no random, no I/O. */
  readonly onRecord: (state: State, event: EventOf<Source>, context: WindowContext) => void
  readonly onTimer?: (state: State, context: WindowContext) => void
  /** The window takes no more events; its state is dropped after this. */
  readonly onClose?: (state: State, context: Omit<WindowContext, 'setTimer'>) => void
  /** An event that no window takes. */
  readonly onLate?: (
    event: EventOf<Source>,
    reason: LateEvents['reason'],
    context: Omit<WindowContext, 'setTimer' | 'window'>,
  ) => void
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
}

/**
 * State per key and window with event-time timers, for outcomes that no event announces. Before each event, the timers and ends of
 * windows that the watermark of its partition has reached are called in the order of their times. All depends on the records of the
 * partition only, so a restart rebuilds it and publishes nothing again.
 */
export function createKeyedWindows<Source extends Topic, State>(options: KeyedWindowsOptions<Source, State>): Topology {
  const { name, source, outputs, windows } = options
  if ('gapMs' in windows) checkDurations(name, { lengths: { gapMs: windows.gapMs } })
  else if ('windowOf' in windows) {
    const { maxLengthMs, graceMs } = windows
    checkDurations(name, { lengths: { maxLengthMs }, allowances: { graceMs } })
  } else checkDurations(name, { lengths: { lengthMs: windows.lengthMs }, allowances: { graceMs: windows.graceMs } })
  return { name, topics: [source], outputs, createProcessor: () => new KeyedWindowProcessor(options) }
}
