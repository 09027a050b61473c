import type { EventOf, Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import type { IdTable } from '../id-table.ts'
import { findEarlier, type RecordingWindow } from './earlier-record.ts'
import type { PartialResults } from './partial-results.ts'
import type { SourceEvent } from './source-event.ts'
import type { WindowedAggregationOptions } from './windowed-aggregation.ts'

/** A window of one source partition that still takes events. */
export interface Window<Event, Result> extends RecordingWindow {
  readonly startMs: number
  /** Ids of the events that are counted, where no event is corrected. */
  readonly ids: IdTable
  readonly partials: PartialResults<Event, Result>
}

/** An event with the record that tells of it. */
export interface Arrival<Source extends Topic> extends SourceEvent<Source> {
  readonly record: LogRecord
  readonly sentMs: number
  /** The record is read for the first time. */
  readonly isPublished: boolean
}

interface Correcting<Source extends Topic, Result> {
  /** Those that still take events, the event's own among them. */
  readonly windows: Iterable<Window<EventOf<Source>, Result>>
  readonly options: Pick<WindowedAggregationOptions<Source, Topic, Result>, 'isCorrection' | 'keptFields'>
  /** The results hold the record already: it is only noted. */
  readonly isHeld: boolean
}

/** Counts an event unless its id is known. @param isHeld the results hold it already: only its id is noted */
export function addEvent<Source extends Topic, Result>(
  window: Window<EventOf<Source>, Result>,
  { event, eventId, record: { offset }, isPublished }: Arrival<Source>,
  isHeld: boolean,
): 'counted' | 'duplicate' {
  if (window.ids.putIfAbsent(eventId, 0) !== null) return 'duplicate'
  if (!isHeld) window.partials.add(event, { offset, isPublished })
  return 'counted'
}

/** Counts an event, or puts its newer record in the place of the one that counts. `late`: that one can no longer be replaced. */
export function correctEvent<Source extends Topic, Result>(
  window: Window<EventOf<Source>, Result>,
  { event, eventId, record, isPublished }: Arrival<Source>,
  { windows, options: { isCorrection, keptFields }, isHeld }: Correcting<Source, Result>,
): 'counted' | 'duplicate' | 'late' {
  const revision = Number((event as Readonly<Record<string, unknown>>).revision)
  const earlier = findEarlier(windows, window, { eventId, revision, isCorrection: isCorrection?.(event) ?? null })
  if (earlier === 'not_newer') return 'duplicate'
  if (earlier === 'closed') return 'late'
  const cause = { offset: record.offset, isPublished }
  const kept = keptFields ? Buffer.from(JSON.stringify(event, keptFields as string[])) : record.value
  if (earlier === 'first') {
    window.newest.add(eventId, revision, kept)
    if (!isHeld) window.partials.add(event, cause)
    return 'counted'
  }
  const replaced = JSON.parse(earlier.record.toString()) as EventOf<Source>
  if (earlier.window !== window) earlier.window.newest.leave(earlier.event)
  const own = window.newest.find(eventId)
  if (own === null) window.newest.add(eventId, revision, kept)
  else window.newest.replace(own, revision, kept)
  if (isHeld) return 'counted'
  if (earlier.window.partials === window.partials) window.partials.replace(replaced, event, cause)
  else {
    earlier.window.partials.remove(replaced, cause)
    window.partials.add(event, cause)
  }
  return 'counted'
}
