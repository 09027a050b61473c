import { defineMapping, microsOf } from '@millrace/contracts'
import { readGameTimeMs } from '../../game-time.ts'
import type { LostarkCurated } from './events.ts'
import { analysis, raids, successDaily, training } from './tables.ts'
import { curated, members, outcomes, success } from './topics.ts'

const eventValues = (event: LostarkCurated) => ({
  start_time: Date.parse(event.startTime),
  session_id: event.sessionID,
  account: event.account,
  datetime: Date.parse(event.datetime),
  event_id: event.eventId,
  boss: event.bossName,
  difficulty: event.Boss.difficulty,
  class: event.className,
  method: event.method,
  x: event.x,
  y: event.y,
  x_plus_y: event['x+y'],
  inputkey: event.inputkey,
})

const elapsedSecOf = ({ gametime }: LostarkCurated): number => (readGameTimeMs(gametime) ?? 0) / 1000

/** Columns that a correction may empty have a value instead of null: in the mart a value is never replaced by null. */
export const mappings = [
  defineMapping(curated, analysis, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      ...eventValues(event),
      raid_day: event.raidDay,
      limit_sec: event.Boss.endTime,
      gametime: event.gametime,
      ip: event.User.ip,
      status: event.status,
      success: event.success,
    },
  })),
  defineMapping(curated, training, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      ...eventValues(event),
      elapsed_sec: elapsedSecOf(event),
      remaining_sec: event.Boss.endTime - elapsedSecOf(event),
    },
  })),
  defineMapping(members, training, member => ({
    writeTimeMicros: member.revision,
    values: {
      start_time: Date.parse(member.startTime),
      session_id: member.sessionID,
      account: member.account,
      raid_state: member.state,
      success: member.success,
      survived: member.survived,
    },
  })),
  defineMapping(outcomes, raids, outcome => ({
    writeTimeMicros: outcome.revision,
    values: {
      day: outcome.raidDay,
      start_time: Date.parse(outcome.startTime),
      session_id: outcome.sessionID,
      boss: outcome.boss,
      difficulty: outcome.difficulty,
      limit_sec: outcome.limitSec,
      state: outcome.state,
      success: outcome.success ?? false,
      members: outcome.members,
      survivors: outcome.survivors,
      duration_sec: outcome.durationSec ?? 0,
      time_up_by: outcome.timeUpBy ?? 'none',
      revision: outcome.revision,
    },
  })),
  defineMapping(success, successDaily, row => ({
    writeTimeMicros: row.revision,
    values: {
      day: row.day.slice(0, 10),
      boss: row.boss,
      class: row.class,
      members: row.members,
      players: row.players,
      successes: row.successes,
      survivors: row.survivors,
      success_rate: row.successRate ?? 0,
      revision: row.revision,
    },
  })),
]
