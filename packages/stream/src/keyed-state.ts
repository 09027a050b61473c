import { isPlausibleEventTime } from '@millrace/contracts'
import { advance, NO_PROGRESS, type Progress, ProgressMarks, type RestartPoint } from './progress.ts'
import { SeenIds } from './seen-ids.ts'

/** A key is kept at least this long (by times of sending) after its last record, whatever the event times of others say. */
export const GRACE_MS = 60_000
/** A key that has been silent this long (by times of sending) is dropped, whatever the event times say. */
export const MAX_IDLE_MS = 3_600_000
/** Sessions of one key that are kept at the same time; more than one only where its event times leap. */
const MAX_SESSIONS = 4
const SWEEP_EVERY = 1024
const MARKS_PER_SWEEP = 4

export interface KeyedStateOptions<State> {
  /** An event further than this from the newest of a session, by event time, does not belong to it; ids are remembered this long too. */
  readonly horizonMs: number
  /** An event that is older than the newest of its key by more than this is late. */
  readonly allowedLatenessMs: number
  readonly newState: () => State
  /**
   * The lowest offset that a state still depends on, for states that forget (a window). Where left out, a state depends on
   * everything since its key appeared.
   */
  readonly dependsFrom?: (state: State) => number
  /** Keys beyond this many get no state: they are answered `refused`. */
  readonly maxKeys?: number
  /** Records (and at least as many as the last pass left keys) between two passes that free memory; what a record meets does not depend on it. */
  readonly sweepEvery?: number
}

/**
 * Record disposition: what the event is to its key. `late`: older than the newest of the key by more than the allowed lateness.
 * `duplicate`: its id was seen within the horizon. `implausible`: its event time is implausible; the state is a fresh one that is
 * not kept. `refused`: as `implausible`, because there are too many keys.
 */
export type Disposition = 'on-time' | 'late' | 'duplicate' | 'implausible' | 'refused'

export interface Visit<State> {
  readonly disposition: Disposition
  readonly state: State
}

/** A record as far as state is concerned. */
export interface KeyedRecord {
  readonly key: string
  /** Null where duplicates are not looked for. */
  readonly id: string | null
  readonly eventTimeMs: number
  readonly sentMs: number
  readonly offset: number
}

/** A stretch of a key's event time without a gap longer than the horizon. */
interface Session<State> {
  state: State
  newestMs: number
  /** Offset of the record that made it so: without it a replay would take another event for late. */
  newestAt: number
  touchedMs: number
}

/** A key is its current session, the one that its last record belonged to: one object in memory for nearly all of them. */
interface Key<State> extends Session<State> {
  others: readonly Session<State>[] | null
  /** Replaying its records from this offset on gives its sessions again. */
  readonly since: number
}

function newestMsOf({ newestMs, others }: Key<unknown>): number {
  return others === null ? newestMs : Math.max(newestMs, ...others.map(session => session.newestMs))
}

/**
 * The state of each key of one partition, as a pure function of the partition's log: which state a record meets depends on the
 * records before it and never on batches, clocks, restarts or memory. A key's events form sessions by event time, one state each,
 * so that an event with a leaping clock harms neither its own key nor another.
 *
 * A key expires when the watermark is past its newest event by more than horizon and allowed lateness (and it has been silent for
 * a minute), or when it has been silent for an hour. Whether it has expired is decided when a record of it arrives: when memory is
 * freed makes no difference. `restartPoint` is an offset from which replaying gives the same answers from here on: each key that
 * has not expired began (or last forgot) at or after it; a key that began before has expired, and replaying only a part of its
 * records cannot bring it back, because that can make it look older but not newer.
 */
export class KeyedState<State> {
  readonly #options: KeyedStateOptions<State>
  readonly #keys = new Map<string, Key<State>>()
  readonly #seen: SeenIds
  readonly #marks: ProgressMarks
  readonly #reachMs: number
  readonly #sweepEvery: number
  /** Records that mean something only together with an earlier one. */
  readonly #ties: { at: number; readonly to: number }[] = []
  #progress: Progress
  #sinceSweep = 0
  /** Records until the next sweep. Fixed when the last one ended: with the current number of keys, new keys would postpone it for ever. */
  #nextSweep: number

  /** @param start where reading begins, and how far the partition had come there */
  constructor(options: KeyedStateOptions<State>, start: RestartPoint = { stateFrom: 0, progress: NO_PROGRESS }) {
    const { sweepEvery = SWEEP_EVERY } = options
    this.#options = options
    this.#sweepEvery = this.#nextSweep = sweepEvery
    this.#reachMs = options.horizonMs + options.allowedLatenessMs
    this.#progress = start.progress
    this.#marks = new ProgressMarks(start, Math.ceil(sweepEvery / MARKS_PER_SWEEP))
    this.#seen = new SeenIds(this.#reachMs / 4)
  }

  /** Newest plausible event time of the partition so far, ms. */
  get watermarkMs(): number {
    return this.#progress.watermarkMs
  }

  /** Keys in memory. */
  get size(): number {
    return this.#keys.size
  }

  /** Event ids in memory, by which duplicates are known. */
  get seenIds(): number {
    return this.#seen.size
  }

  get restartPoint(): RestartPoint {
    return this.#marks.oldest
  }

  /** Finds (or begins) the state that a record belongs to. To be called once for every record, in offset order. */
  visit(record: KeyedRecord): Visit<State> {
    const { key: name, id, eventTimeMs, sentMs, offset } = record
    this.#marks.pass(offset, this.#progress)
    this.#progress = advance(this.#progress, eventTimeMs, sentMs)
    if (++this.#sinceSweep >= this.#nextSweep) this.#sweep(offset)
    if (!isPlausibleEventTime(eventTimeMs, sentMs)) return this.#stateless('implausible')

    const touchedMs = this.#progress.sentMs
    const firstSeen = id === null ? null : this.#seen.note(id, { eventTimeMs, offset, touchedMs }, this.#isExpired)
    let key = this.#keys.get(name)
    if (key && this.#isExpired(newestMsOf(key), key.touchedMs)) key = undefined
    if (!key) {
      if (this.#keys.size >= (this.#options.maxKeys ?? Number.POSITIVE_INFINITY) && !this.#keys.has(name))
        return this.#stateless('refused')
      key = { ...this.#newSession(record), others: null, since: offset }
      this.#keys.set(name, key)
    }
    const isPresent = !this.#isExpired(key.newestMs, key.touchedMs)
    const isLate = isPresent && eventTimeMs < key.newestMs - this.#options.allowedLatenessMs
    const newestAt = isPresent ? key.newestAt : offset
    if (!isPresent || key.others !== null || !this.#fits(key, eventTimeMs)) this.#choose(key, isPresent, record)
    if (eventTimeMs > key.newestMs) {
      key.newestMs = eventTimeMs
      key.newestAt = offset
    }
    key.touchedMs = touchedMs
    const { state } = key
    if (firstSeen === null && !isLate) return { disposition: 'on-time', state }
    // A replay that sees this one must also see the one that it repeats, or to which it is late.
    this.#tie(offset, firstSeen ?? newestAt)
    return { disposition: firstSeen === null ? 'late' : 'duplicate', state }
  }

  #tie(at: number, to: number): void {
    const last = this.#ties.at(-1)
    if (last?.to === to) last.at = at
    else this.#ties.push({ at, to })
  }

  readonly #isExpired = (newestMs: number, touchedMs: number): boolean => {
    const idleMs = this.#progress.sentMs - touchedMs
    return (this.#progress.watermarkMs - newestMs > this.#reachMs && idleMs > GRACE_MS) || idleMs > MAX_IDLE_MS
  }

  #stateless(disposition: Disposition): Visit<State> {
    return { disposition, state: this.#options.newState() }
  }

  #newSession({ eventTimeMs: newestMs, offset: newestAt }: KeyedRecord): Session<State> {
    return { state: this.#options.newState(), newestMs, newestAt, touchedMs: this.#progress.sentMs }
  }

  /** Whether an event belongs to the session. */
  #fits({ newestMs }: Session<State>, eventTimeMs: number): boolean {
    return Math.abs(eventTimeMs - newestMs) <= this.#options.horizonMs
  }

  /** Makes the session within whose horizon the event lies the current one, or else a new one; expired sessions are dropped. */
  #choose(key: Key<State>, isCurrentPresent: boolean, record: KeyedRecord): void {
    let others = (key.others ?? []).filter(session => !this.#isExpired(session.newestMs, session.touchedMs))
    if (!isCurrentPresent || !this.#fits(key, record.eventTimeMs)) {
      const next = others.find(session => this.#fits(session, record.eventTimeMs)) ?? this.#newSession(record)
      others = others.filter(session => session !== next)
      if (isCurrentPresent) {
        const { state, newestMs, newestAt, touchedMs } = key
        others.unshift({ state, newestMs, newestAt, touchedMs })
      }
      Object.assign(key, next)
    }
    key.others = others.length > 0 ? others.slice(0, MAX_SESSIONS - 1) : null
  }

  /** Frees what has expired and moves the restart point; costs one pass over the keys per at least half as many records. */
  #sweep(offset: number): void {
    this.#sinceSweep = 0
    let since = Math.min(offset, this.#seen.sweep(this.#isExpired))
    for (const [name, key] of this.#keys) {
      if (this.#isExpired(newestMsOf(key), key.touchedMs)) this.#keys.delete(name)
      else since = Math.min(since, this.#dependsFrom(key))
    }
    this.#nextSweep = Math.max(this.#sweepEvery, this.#keys.size)
    let kept = this.#ties.length
    for (; kept > 0 && this.#ties[kept - 1]!.at >= since; kept--) since = Math.min(since, this.#ties[kept - 1]!.to)
    this.#ties.splice(0, kept)
    this.#marks.dropBefore(since)
  }

  #dependsFrom(key: Key<State>): number {
    const { dependsFrom } = this.#options
    if (!dependsFrom) return key.since
    const fromOf = ({ state, newestAt }: Session<State>): number => Math.min(newestAt, dependsFrom(state))
    let from = fromOf(key)
    for (const session of key.others ?? [])
      if (!this.#isExpired(session.newestMs, session.touchedMs)) from = Math.min(from, fromOf(session))
    return from
  }
}
