import { type GoldenRow, type GoldenTally, isNewEvent, type SimulatedRecord } from '@millrace/simulation'
import type { LostarkRaw } from '../contract.ts'
import { type Boss, bosses } from '../names.ts'

interface Player {
  /** Of the first record with status 1, ms; Infinity where there is none. */
  deathMs: number
  readonly events: { readonly id: string; readonly atMs: number }[]
}

interface Raid {
  readonly sessionID: string
  readonly startMs: number
  readonly boss: Boss
  readonly players: Map<string, Player>
  /** Whether a record of the raid says that its time is up. */
  isUp: boolean
}

interface Ending {
  readonly state: 'running' | 'succeeded' | 'failed'
  readonly success: boolean
  readonly survivors: number
  readonly duration_sec: number
  readonly time_up_by: 'record' | 'watermark' | 'none'
}

const msOf = (gametime: string): number => {
  const [minutes, seconds] = gametime.split(':')
  return (Number(minutes) * 60 + Number(seconds)) * 1000
}

/** Takes down what the simulation sends, and knows from it what the tables of the domain have to hold. */
export class RaidTally implements GoldenTally {
  readonly #raids = new Map<string, Raid>()
  /** Newest event time by session, ms. */
  readonly #newest = new Map<string, number>()
  readonly #classes: ReadonlyMap<string, string>

  /** @param classes class by account */
  constructor(classes: ReadonlyMap<string, string>) {
    this.#classes = classes
  }

  note(record: SimulatedRecord): void {
    if (!isNewEvent(record)) return
    const event = JSON.parse(record.value) as LostarkRaw
    const { sessionID, startTime, gametime, Boss, User, status, success } = event
    const key = `${sessionID} ${startTime}`
    const startMs = Date.parse(startTime)
    const atMs = startMs + msOf(gametime)
    let raid = this.#raids.get(key)
    if (!raid) {
      const boss = bosses.find(({ difficulty }) => difficulty === Boss.difficulty)!
      raid = { sessionID, startMs, boss, players: new Map(), isUp: false }
      this.#raids.set(key, raid)
    }
    let player = raid.players.get(User.account)
    if (!player) {
      player = { deathMs: Number.POSITIVE_INFINITY, events: [] }
      raid.players.set(User.account, player)
    }
    player.events.push({ id: event.eventId, atMs })
    if (status === 1) player.deathMs = Math.min(player.deathMs, atMs)
    if (success === 1 || atMs >= startMs + Boss.endTime * 1000) raid.isUp = true
    this.#newest.set(sessionID, Math.max(this.#newest.get(sessionID) ?? 0, atMs))
  }

  /** A raid without a record that says so is over when its party plays another raid: that one's records are in the same partition. */
  #endingOf({ sessionID, startMs, boss, players, isUp }: Raid): Ending {
    const deaths = [...players.values()].map(({ deathMs }) => deathMs)
    const survivors = deaths.filter(deathMs => deathMs === Number.POSITIVE_INFINITY).length
    if (survivors === 0) {
      const duration_sec = (Math.max(...deaths) - startMs) / 1000
      return { state: 'failed', success: false, survivors, duration_sec, time_up_by: 'none' }
    }
    if (!isUp && this.#newest.get(sessionID)! < startMs + boss.limitSec * 1000)
      return { state: 'running', success: false, survivors, duration_sec: 0, time_up_by: 'none' }
    const time_up_by = isUp ? 'record' : 'watermark'
    return { state: 'succeeded', success: true, survivors, duration_sec: boss.limitSec, time_up_by }
  }

  /** The expected rows by table. */
  rows(): Readonly<Record<string, readonly GoldenRow[]>> {
    const raids: GoldenRow[] = []
    const training: GoldenRow[] = []
    const daily = new Map<string, DailyRow>()
    for (const raid of this.#raids.values()) {
      const { sessionID: session_id, startMs: start_time, boss, players } = raid
      const ending = this.#endingOf(raid)
      const { state } = ending
      const success = state === 'running' ? null : ending.success
      const day = new Date(start_time).toISOString().slice(0, 10)
      const { name, difficulty, limitSec: limit_sec } = boss
      const members = players.size
      raids.push({ day, start_time, session_id, boss: name, difficulty, limit_sec, members, ...ending })
      for (const [account, { deathMs, events }] of players) {
        const survived = success === null ? null : deathMs === Number.POSITIVE_INFINITY
        for (const { id: event_id, atMs: datetime } of events)
          training.push({ start_time, session_id, account, datetime, event_id, raid_state: state, success, survived })
        for (const ofClass of ['', this.#classes.get(account)!]) {
          const key = JSON.stringify([day, name, ofClass])
          const row = daily.get(key) ?? newDailyRow(day, name, ofClass)
          daily.set(key, row)
          row.members++
          if (success !== null) row.players++
          if (success) row.successes++
          if (survived) row.survivors++
        }
      }
    }
    const withRate = (row: DailyRow): GoldenRow => ({
      ...row,
      success_rate: row.players === 0 ? 0 : row.successes / row.players,
    })
    return {
      lostark_raids: raids,
      lostark_training: training,
      lostark_success_daily: [...daily.values()].map(withRate),
    }
  }
}

interface DailyRow {
  readonly day: string
  readonly boss: string
  readonly class: string
  members: number
  players: number
  successes: number
  survivors: number
}

const newDailyRow = (day: string, boss: string, ofClass: string): DailyRow => ({
  ...{ day, boss, class: ofClass },
  ...{ members: 0, players: 0, successes: 0, survivors: 0 },
})
