import type { RestartPoint } from '../progress.ts'
import type { NewestRecords } from './newest-records.ts'

/** A window as far as the records of its events are concerned. */
export interface RecordingWindow {
  /** From where a restart has to read for the state of the window. */
  since: RestartPoint
  readonly newest: NewestRecords
}

/** A record of an event with a revision. */
export interface RevisedRecord {
  readonly eventId: string
  readonly revision: number
  /** Whether the event was published before; null when the record does not tell. */
  readonly isCorrection: boolean | null
}

/** The earlier record of an event, which counts until a newer one takes its place. */
export interface CountedRecord<Window> {
  readonly window: Window
  /** Number of the event in that window. */
  readonly event: number
  readonly record: Buffer
}

/**
 * What an event was before a record of it. `first`: nothing is known of it. `not_newer`: a record of the same or a greater revision is
 * known. `closed`: its earlier record belongs to a window that has closed, or was late itself.
 */
export type Earlier<Window> = CountedRecord<Window> | 'first' | 'not_newer' | 'closed'

/** Looks for the earlier record of an event in its window, and in the other open ones unless the record says that there is none. */
export function findEarlier<Window extends RecordingWindow>(
  windows: Iterable<Window>,
  own: Window,
  { eventId, revision, isCorrection }: RevisedRecord,
): Earlier<Window> {
  const event = own.newest.find(eventId)
  if (event === null && isCorrection === false) return 'first'
  if (event !== null) {
    if (own.newest.revisionOf(event) >= revision) return 'not_newer'
    const record = own.newest.recordOf(event)
    if (record) return { window: own, event, record }
  }
  let isKnown = event !== null || isCorrection === true
  let counted: CountedRecord<Window> | null = null
  for (const window of windows) {
    const elsewhere = window === own ? null : window.newest.find(eventId)
    if (elsewhere === null) continue
    isKnown = true
    // A restart has to meet that record as well.
    if (window.since.stateFrom < own.since.stateFrom) own.since = window.since
    if (window.newest.revisionOf(elsewhere) >= revision) return 'not_newer'
    const record = window.newest.recordOf(elsewhere)
    if (record) counted = { window, event: elsewhere, record }
  }
  return counted ?? (isKnown ? 'closed' : 'first')
}
