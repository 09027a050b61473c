import { createInstantWriter } from '@millrace/contracts'
import { type Actor, Random, type SimulatedRecord } from '@millrace/simulation'
import { type AntennaTruth, type AntennaUser, antenna, apps, hourOf } from '../contract.ts'
import type { Group } from './group.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const MAX_BYTES = 9_999

export interface DeviceOptions {
  /** Number of the device, from 0. */
  readonly id: number
  readonly user: AntennaUser
  readonly group: Group
  /** Labels of the device's random stream. */
  readonly labels: readonly (string | number)[]
  /** Virtual time covered, ms since the epoch. */
  readonly startMs: number
  readonly endMs: number
}

/** A UUID as the origin numbers devices and antennas: digits at the end of zeros. */
export const numberedId = (number: number): string => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`

const writeInstant = createInstantWriter()

/**
 * A mobile device: first its reference record, then once a minute the bytes of one app through the antenna where its group is, and
 * for each clock hour a truth record.
 */
export class Device implements Actor {
  readonly id: number
  nextMs: number
  readonly #options: DeviceOptions
  readonly #random: Random
  #isIntroduced = false
  #eventMs: number
  #isHourOver = false
  #hourMs: number
  #usage = 0
  #sequence = 0

  constructor(options: DeviceOptions) {
    const { id, labels, startMs } = options
    this.id = id
    this.#options = options
    this.#random = new Random(...labels, 'device', id)
    this.#hourMs = hourOf(startMs)
    this.#eventMs = startMs + this.#random.int(0, MINUTE_MS - 1)
    this.nextMs = startMs
  }

  next(): SimulatedRecord {
    if (!this.#isIntroduced) return this.#introduce()
    return this.#isHourOver ? this.#tellTruth() : this.#send()
  }

  #introduce(): SimulatedRecord {
    const { user, startMs } = this.#options
    this.#isIntroduced = true
    this.#schedule()
    return this.#record(antenna.topics.users.name, user.eventId, JSON.stringify(user), startMs)
  }

  /** The end of an hour comes before the first event of the next one. */
  #schedule(): void {
    const { endMs } = this.#options
    const eventMs = this.#eventMs < endMs ? this.#eventMs : Number.POSITIVE_INFINITY
    const hourEndMs = this.#hourMs < endMs ? Math.min(this.#hourMs + HOUR_MS, endMs) : Number.POSITIVE_INFINITY
    this.#isHourOver = hourEndMs <= eventMs
    this.nextMs = Math.min(eventMs, hourEndMs)
  }

  #send(): SimulatedRecord {
    const { user, group } = this.#options
    const random = this.#random
    const atMs = this.#eventMs
    const eventId = random.uuid()
    const bytes = random.int(0, MAX_BYTES)
    const value = JSON.stringify({
      eventId,
      bytes,
      timestamp: Math.floor(atMs / 1000),
      app: random.pick(apps),
      id: user.id,
      antenna_id: numberedId(group.antennaAt(atMs)),
    })
    this.#usage += bytes
    this.#eventMs = atMs + MINUTE_MS
    this.#schedule()
    return this.#record(antenna.topics.raw.name, eventId, value, atMs)
  }

  #tellTruth(): SimulatedRecord {
    const { user } = this.#options
    const atMs = this.nextMs
    const truth: AntennaTruth = {
      eventId: this.#random.uuid(),
      datetime: writeInstant(this.#hourMs),
      id: user.id,
      usage: this.#usage,
      quota: user.quota,
      over: this.#usage > user.quota,
    }
    this.#usage = 0
    this.#hourMs += HOUR_MS
    this.#schedule()
    return this.#record(antenna.topics.truth.name, truth.eventId, JSON.stringify(truth), atMs)
  }

  #record(topic: string, eventId: string, value: string, atMs: number): SimulatedRecord {
    const { id: key } = this.#options.user
    return { topic, key, eventId, value, atMs, actor: this.id, sequence: this.#sequence++, fault: null }
  }
}
