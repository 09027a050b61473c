import { GroupMap } from './group-map.ts'
import type { Group } from './window-records.ts'

export interface PartialResult<Result> {
  readonly group: Group
  result: Result
  events: number
  /** Offset behind the last record that changed it. */
  revision: number
}

/** How results follow from events; as for the windowed aggregation. */
export interface PartialFunctions<Event, Result> {
  readonly groupsOf: (event: Event) => readonly Group[]
  readonly zero: Result
  readonly add: (result: Result, event: Event) => Result
  readonly subtract?: (result: Result, event: Event) => Result
}

/** The record by which results change. */
interface Cause {
  readonly offset: number
  /** The record is read for the first time: what it changes is to be published. */
  readonly isPublished: boolean
}

/** The partial results of a window of one source partition, by group. */
export class PartialResults<Event, Result> {
  /** Start of the window, ms. */
  readonly windowMs: number
  /** Those that changed since they were published. */
  readonly changed = new Set<PartialResult<Result>>()
  readonly #functions: PartialFunctions<Event, Result>
  readonly #byGroup = new GroupMap<PartialResult<Result>>()

  constructor(windowMs: number, functions: PartialFunctions<Event, Result>) {
    this.windowMs = windowMs
    this.#functions = functions
  }

  /** Takes a published result over; of several of one group the one with the highest revision counts. */
  restore({ group, result, events, revision }: PartialResult<Result>): void {
    if (revision > (this.#byGroup.get(group)?.revision ?? 0))
      this.#byGroup.set(group, { group, result, events, revision })
  }

  add(event: Event, cause: Cause): void {
    const partials = this.#before(event, cause.offset)
    this.#add(partials, event)
    this.#note(partials, cause)
  }

  /** Takes an event out again. A group without events has the result of no event. */
  remove(event: Event, cause: Cause): void {
    const partials = this.#before(event, cause.offset)
    this.#subtract(partials, event)
    this.#note(partials, cause)
  }

  /** Puts an event in the place of another one: a group of both changes once. */
  replace(earlier: Event, event: Event, cause: Cause): void {
    const left = this.#before(earlier, cause.offset)
    const entered = this.#before(event, cause.offset)
    this.#subtract(left, earlier)
    this.#add(entered, event)
    this.#note(left, cause)
    this.#note(entered, cause)
  }

  /** The partial results of an event's groups, but for those that hold the record already: a total that was restored may have come further than what was committed. */
  #before(event: Event, offset: number): PartialResult<Result>[] {
    const found: PartialResult<Result>[] = []
    for (const group of this.#functions.groupsOf(event)) {
      let partial = this.#byGroup.get(group)
      if (!partial) {
        partial = { group, result: this.#functions.zero, events: 0, revision: 0 }
        this.#byGroup.set(group, partial)
      }
      if (offset >= partial.revision && !found.includes(partial)) found.push(partial)
    }
    return found
  }

  #add(partials: readonly PartialResult<Result>[], event: Event): void {
    for (const partial of partials) {
      partial.result = this.#functions.add(partial.result, event)
      partial.events++
    }
  }

  #subtract(partials: readonly PartialResult<Result>[], event: Event): void {
    for (const partial of partials) {
      partial.events--
      partial.result = partial.events === 0 ? this.#functions.zero : this.#functions.subtract!(partial.result, event)
    }
  }

  #note(partials: readonly PartialResult<Result>[], { offset, isPublished }: Cause): void {
    for (const partial of partials) {
      partial.revision = offset + 1
      if (isPublished) this.changed.add(partial)
    }
  }
}
