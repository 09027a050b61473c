import type { Actor, FaultNote, SimulatedRecord } from './actor.ts'
import { type FaultKind, type FaultRates, faultKinds } from './fault-rates.ts'
import { Random } from './random.ts'

const DUP_DELAY_MS = { min: 0, max: 30_000 }
const LATE_DELAY_MS = { min: 30_000, max: 600_000 }
const BURST_RECORDS = { min: 5, max: 30 }
/** No record waits longer for others of its actor, however seldom the actor sends. */
const LONGEST_HOLD_MS = LATE_DELAY_MS.max

export interface FaultOptions {
  readonly rates: FaultRates
  /** Labels of the random stream; the actor's id is added. */
  readonly labels: readonly (string | number)[]
  /** Topics whose records get faults; all others pass untouched and on time. */
  readonly topics: readonly string[]
  /** Fields that `missing-field` may take away: those without which the gateway refuses the record. */
  readonly removableFields: readonly string[]
}

/**
 * Puts the faults of a bad transport between an actor and the run; what the actor does stays the same.
 * `dup`: sent again with the same bytes up to 30 s later. `late`: held back for 30 s to 10 min. `out-of-order`: sent right
 * after the actor's next record. `malformed`: cut off, so no longer JSON. `missing-field`: one required field gone.
 * `burst`: 5 to 30 records of the actor held back and sent at once. Nothing is held back for more than 10 min: an actor that sends
 * its next record later has no `out-of-order`, and a shorter `burst`. Every choice comes from the actor's own stream.
 */
export class FaultyActor implements Actor {
  readonly id: number
  readonly #inner: Actor
  readonly #options: FaultOptions
  readonly #random: Random
  /** Records with their time of sending, next one last. */
  readonly #due: SimulatedRecord[] = []
  #swapped: SimulatedRecord | null = null
  #burst: SimulatedRecord[] = []
  #burstLeft = 0
  #bursts = 0
  #sequence = 0
  #lastMs = 0

  constructor(inner: Actor, options: FaultOptions) {
    this.id = inner.id
    this.#inner = inner
    this.#options = options
    this.#random = new Random(...options.labels, 'faults', inner.id)
    this.#fill()
  }

  get nextMs(): number {
    return this.#due.at(-1)?.atMs ?? Number.POSITIVE_INFINITY
  }

  next(): SimulatedRecord {
    const record = { ...this.#due.pop()!, sequence: this.#sequence++ }
    this.#fill()
    return record
  }

  /** Takes records from the actor until the next one to send is certain. */
  #fill(): void {
    for (;;) {
      const innerMs = this.#inner.nextMs
      if (innerMs === Number.POSITIVE_INFINITY) {
        this.#release(this.#lastMs)
        return
      }
      if (innerMs >= this.nextMs) return
      this.#absorb(this.#inner.next())
    }
  }

  #absorb(record: SimulatedRecord): void {
    this.#lastMs = record.atMs
    if (!this.#options.topics.includes(record.topic)) {
      this.#release(record.atMs)
      this.#send(record)
      return
    }
    if (this.#burstLeft > 0) {
      this.#burst.push(record)
      if (--this.#burstLeft === 0 || !this.#isNextWithin(this.#swapped ?? this.#burst[0]!)) this.#endBurst(record.atMs)
      return
    }
    const kind = this.#draw()
    if (kind === 'burst' && this.#isNextWithin(this.#swapped ?? record)) {
      this.#burstLeft = this.#random.int(BURST_RECORDS.min, BURST_RECORDS.max) - 1
      this.#burst.push(record)
    } else if (kind === 'late') {
      const delayMs = this.#random.int(LATE_DELAY_MS.min, LATE_DELAY_MS.max)
      this.#send(record, { kind, delayMs }, record.atMs + delayMs)
    } else if (kind === 'malformed') this.#sendMalformed(record)
    else if (kind === 'missing-field') this.#sendWithoutField(record)
    else if (kind === 'out-of-order' && this.#swapped === null && this.#isNextWithin(record)) this.#swapped = record
    else {
      this.#send(record)
      if (kind === 'dup') {
        const delayMs = this.#random.int(DUP_DELAY_MS.min, DUP_DELAY_MS.max)
        this.#send(record, { kind, delayMs }, record.atMs + delayMs)
      }
      this.#sendSwapped(record.atMs)
    }
    // What came after it was held back as well.
    if (this.#swapped && this.#burstLeft === 0 && !this.#isNextWithin(this.#swapped)) this.#release(record.atMs)
  }

  /** Whether the actor sends again before a record would be held back too long. */
  #isNextWithin({ atMs }: SimulatedRecord): boolean {
    return this.#inner.nextMs <= atMs + LONGEST_HOLD_MS
  }

  #draw(): FaultKind | null {
    let left = this.#random.float()
    for (const kind of faultKinds) {
      left -= this.#options.rates[kind]
      if (left < 0) return kind
    }
    return null
  }

  #sendMalformed(record: SimulatedRecord): void {
    const keptChars = this.#random.int(1, record.value.length - 1)
    this.#send({ ...record, value: record.value.slice(0, keptChars) }, { kind: 'malformed', keptChars })
  }

  #sendWithoutField(record: SimulatedRecord): void {
    const field = this.#random.pick(this.#options.removableFields)
    const { [field]: _, ...rest } = JSON.parse(record.value) as Record<string, unknown>
    this.#send({ ...record, value: JSON.stringify(rest) }, { kind: 'missing-field', field })
  }

  /** Sends the record that waits for a later one to overtake it. */
  #sendSwapped(atMs: number): void {
    if (!this.#swapped) return
    const record = this.#swapped
    this.#swapped = null
    this.#send(record, { kind: 'out-of-order', delayMs: atMs - record.atMs }, atMs)
  }

  #endBurst(atMs: number): void {
    const held = this.#burst
    this.#burst = []
    this.#burstLeft = 0
    this.#bursts++
    for (const record of held)
      this.#send(record, { kind: 'burst', burst: this.#bursts, delayMs: atMs - record.atMs }, atMs)
    this.#sendSwapped(atMs)
  }

  /** Lets go of what is held, because the actor is about to do something else or nothing more. */
  #release(atMs: number): void {
    if (this.#burst.length > 0) this.#endBurst(atMs)
    if (this.#swapped) {
      // Nothing came after it to overtake it, so this is no fault.
      const record = this.#swapped
      this.#swapped = null
      this.#send(record, null, atMs)
    }
  }

  /** Queues by time of sending; of equal times the one queued first goes first. */
  #send(record: SimulatedRecord, fault: FaultNote | null = null, atMs: number = record.atMs): void {
    let index = this.#due.length
    while (index > 0 && this.#due[index - 1]!.atMs <= atMs) index--
    this.#due.splice(index, 0, { ...record, fault, atMs })
  }
}
