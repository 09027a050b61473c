import type { LostarkRaw } from '../contract.ts'
import { normaliseBoss, normaliseClass } from '../names.ts'

/** Players of one raid whose state is held. Raids have 8 players; a client that makes up accounts must not fill the memory. */
export const MAX_MEMBERS = 100

export interface Member {
  readonly account: string
  class: string
  /** Event time of the first record with status 1, ms; Infinity where there is none. */
  deathMs: number
}

/** What a raid says of itself, as its events declare it. */
interface Declaration {
  readonly boss: string
  readonly difficulty: number
  readonly limitSec: number
}

export type RaidState = 'running' | 'succeeded' | 'failed'

/** What follows from the events so far. */
export interface Standing {
  readonly state: RaidState
  readonly survivors: number
  /** Until the last death of a raid that failed, else the time of the boss; null while it is running. */
  readonly durationSec: number | null
  /** How it is known that the time is up; null where it is not up, or all members are dead. */
  readonly timeUpBy: 'record' | 'watermark' | null
}

/** Of two events that disagree, the one with the longest time counts, then the first name, then the lowest difficulty. */
const isBefore = (a: Declaration, b: Declaration): boolean =>
  a.limitSec !== b.limitSec
    ? a.limitSec > b.limitSec
    : a.boss !== b.boss
      ? a.boss < b.boss
      : a.difficulty < b.difficulty

const NO_STANDING: Standing = { state: 'running', survivors: 0, durationSec: null, timeUpBy: null }

/**
 * The state of one raid: a function of the set of its events, and of whether the watermark has passed its end; their order makes no
 * difference. `changes` says what is to be published after an event.
 */
export class Raid {
  readonly members = new Map<string, Member>()
  declaration: Declaration = { boss: '', difficulty: 0, limitSec: 0 }
  standing = NO_STANDING
  /** What is new since it was taken: the raid, all members, or one of them. */
  readonly changes: { isRaid: boolean; isEveryMember: boolean; member: Member | null } = {
    isRaid: false,
    isEveryMember: false,
    member: null,
  }
  #spelledBoss = ''
  #startMs = 0
  /** Newest event time, ms. */
  #newestMs = Number.NEGATIVE_INFINITY
  #hasClosing = false
  /** The watermark has passed it, ms. */
  #passedMs = Number.NEGATIVE_INFINITY

  /** When the time of the boss is up, ms. */
  get endMs(): number {
    return this.#startMs + this.declaration.limitSec * 1000
  }

  /**
   * @param startMs start of the raid
   * @param timeMs event time
   * @returns false where the raid has too many members for another one
   */
  add(event: LostarkRaw, startMs: number, timeMs: number): boolean {
    this.#startMs = startMs
    const isDeclared = this.#declare(event)
    const isUp = event.success === 1 || timeMs >= this.endMs
    const isTaken = this.#addMember(event, timeMs)
    if (timeMs > this.#newestMs) this.#newestMs = timeMs
    if (event.success === 1) this.#hasClosing = true
    if (isDeclared) this.changes.isEveryMember = true
    if (isDeclared || isUp || this.changes.member) this.#decide()
    return isTaken
  }

  /** The watermark has reached a time, ms. */
  pass(timeMs: number): void {
    if (this.#passedMs >= this.endMs || timeMs < this.endMs) return
    this.#passedMs = timeMs
    this.#decide()
  }

  /** Whether a member was alive when the time was up, or is so far. */
  isAlive({ deathMs }: Member): boolean {
    return deathMs > this.endMs
  }

  /** Whole seconds from the start to the death of a member; null where it is alive. */
  deathSecOf(member: Member): number | null {
    return this.isAlive(member) ? null : this.#secondsTo(member.deathMs)
  }

  #secondsTo(timeMs: number): number {
    return Math.floor((timeMs - this.#startMs) / 1000)
  }

  #declare({ Boss: { name, difficulty, endTime: limitSec } }: LostarkRaw): boolean {
    const known = this.declaration
    if (known.limitSec === limitSec && known.difficulty === difficulty && this.#spelledBoss === name) return false
    const declared = { boss: normaliseBoss(name), difficulty, limitSec }
    this.#spelledBoss = name
    if (!isBefore(declared, known)) return false
    this.declaration = declared
    return true
  }

  #addMember({ User: { account, class: spelled }, status }: LostarkRaw, timeMs: number): boolean {
    const deathMs = status === 1 ? timeMs : Number.POSITIVE_INFINITY
    const member = this.members.get(account)
    if (member) {
      const name = member.class === spelled ? spelled : normaliseClass(spelled)
      if (name >= member.class && deathMs >= member.deathMs) return true
      if (name < member.class) member.class = name
      if (deathMs < member.deathMs) member.deathMs = deathMs
      this.changes.member = member
      return true
    }
    if (this.members.size >= MAX_MEMBERS) return false
    const added = { account, class: normaliseClass(spelled), deathMs }
    this.members.set(account, added)
    this.changes.member = added
    this.changes.isRaid = true
    return true
  }

  /** Works out the standing anew. */
  #decide(): void {
    let survivors = 0
    let lastDeathMs = this.#startMs
    for (const member of this.members.values())
      if (this.isAlive(member)) survivors++
      else lastDeathMs = Math.max(lastDeathMs, member.deathMs)
    const isFailed = survivors === 0 && this.members.size > 0
    const timeUpBy = isFailed ? null : this.#timeUpBy()
    const state = isFailed ? 'failed' : timeUpBy ? 'succeeded' : 'running'
    const durationSec = isFailed ? this.#secondsTo(lastDeathMs) : timeUpBy ? this.declaration.limitSec : null
    const before = this.standing
    if (state !== before.state) this.changes.isEveryMember = true
    if (survivors !== before.survivors || durationSec !== before.durationSec || timeUpBy !== before.timeUpBy)
      this.changes.isRaid = true
    this.standing = { state, survivors, durationSec, timeUpBy }
  }

  #timeUpBy(): Standing['timeUpBy'] {
    if (this.#hasClosing || this.#newestMs >= this.endMs) return 'record'
    return this.#passedMs >= this.endMs ? 'watermark' : null
  }
}
