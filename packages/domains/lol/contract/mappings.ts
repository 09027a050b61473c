import { defineMapping, microsOf } from '@millrace/contracts'
import { qualities } from './evaluation.ts'
import type { LolCurated } from './events.ts'
import { alertsByDay, analysis, qualityByDay, scoresByPlayer, training } from './tables.ts'
import { alerts, curated, scores, truth } from './topics.ts'

const eventValues = (event: LolCurated) => ({
  event_id: event.eventId,
  datetime: Date.parse(event.datetime),
  room_day: event.roomDay,
  champion: event.champion,
  account: event.account,
  room_id: event.roomID ?? '',
  ingametime: event.ingametime,
  x: event.x,
  y: event.y,
  x_plus_y: event['x+y'],
  speed: event.speed,
})

export const mappings = [
  defineMapping(curated, analysis, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      ...eventValues(event),
      method: event.method,
      ip: event.ip,
      death_count: event.deathCount,
      record_id: event.id,
      inputkey: event.inputkey,
      status: event.status,
      create_room_date: event.createRoomDate === undefined ? null : Date.parse(event.createRoomDate),
      buy_item: event.buyItem,
      displacement: event.displacement,
      elapsed_ms: event.elapsedMs,
      path: event.path ? JSON.stringify(event.path) : null,
    },
  })),
  defineMapping(curated, training, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: eventValues(event),
  })),
  defineMapping(truth, training, truth =>
    truth.kind !== 'player-match'
      ? null
      : {
          writeTimeMicros: microsOf(Date.parse(truth.datetime)),
          values: {
            room_day: truth.roomDay,
            champion: truth.champion,
            account: truth.account,
            room_id: truth.roomID,
            label: truth.cheater,
            cheat: truth.cheat,
          },
        },
  ),
  defineMapping(scores, scoresByPlayer, score => ({
    writeTimeMicros: microsOf(Date.parse(score.datetime)),
    values: {
      account: score.account,
      day: score.datetime.slice(0, 10),
      datetime: Date.parse(score.datetime),
      event_id: score.eventId,
      source_event_id: score.sourceEventId,
      room_id: score.roomID ?? '',
      score: score.score,
      verdict: score.verdict,
      kind: score.kind ?? null,
      contributions: JSON.stringify(score.contributions),
      model_id: score.modelId,
      warm_up: score.warmUp,
      late: score.late,
    },
  })),
  defineMapping(alerts, alertsByDay, alert => ({
    writeTimeMicros: microsOf(Date.parse(alert.datetime)),
    values: {
      day: alert.datetime.slice(0, 10),
      datetime: Date.parse(alert.datetime),
      event_id: alert.eventId,
      source_event_id: alert.sourceEventId,
      account: alert.account,
      room_id: alert.roomID ?? '',
      score: alert.score,
      kind: alert.kind ?? null,
      reason: alert.reason ?? null,
      evidence: JSON.stringify(alert.evidence),
      model_id: alert.modelId,
    },
  })),
  defineMapping(qualities, qualityByDay, quality => ({
    writeTimeMicros: quality.revision,
    values: {
      day: quality.window.slice(0, 10),
      window: Date.parse(quality.window),
      model_id: quality.modelId,
      kind: quality.kind,
      actions: quality.actions,
      altered: quality.altered,
      flagged: quality.flagged,
      hits: quality.hits,
      precision: quality.precision,
      recall: quality.recall,
      average_precision: quality.averagePrecision,
      alerts: quality.alerts,
      true_alerts: quality.trueAlerts,
      false_alerts: quality.falseAlerts,
      cheaters: quality.cheaters,
      detected: quality.detected,
      median_delay_seconds: quality.medianDelaySeconds,
      honest_hours: quality.honestHours,
      false_alerts_per_hour: quality.falseAlertsPerHour,
      events: quality.events,
      revision: quality.revision,
    },
  })),
]
