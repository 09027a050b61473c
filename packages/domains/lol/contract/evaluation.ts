import {
  defineTopic,
  derivedId,
  eventId,
  instant,
  instantField,
  keyField,
  noPerson,
  personIn,
} from '@millrace/contracts'
import { defineLateTopic, definePartialsTopic } from '@millrace/stream/windows'
import { z } from 'zod'
import { alerts, scores, truth } from './topics.ts'

/** The kinds of cheating that are told apart; whatever else the truth names is `other`. */
export const cheatKinds = ['jump', 'snap', 'macro', 'rate', 'clock', 'assist', 'irregular-moves', 'other'] as const
export type CheatKind = (typeof cheatKinds)[number]

/** What quality is stated for: each kind of cheating, and all of them together. */
export const qualityKinds = ['all', ...cheatKinds] as const

const account = z.string().min(1).max(128).describe('player account; the partition key')
const modelId = z.string().min(1).max(128).describe('id of the model that scored')
const count = z.int().min(0)
const share = z.number().min(0).max(1).nullable()

const offset = z.int().min(0).describe('offset in the source')
const atMs = z.int().describe('event time, ms since the epoch')
const room = z.string().describe('match; empty where the client sent none')
const kind = z.enum(cheatKinds).nullable()

export const scoreRow = z.object({
  offset,
  atMs,
  room,
  actionId: eventId,
  modelId,
  score: z.number(),
  flagged: z.boolean(),
})
export const alertRow = z.object({ offset, atMs, room, alertId: z.string(), modelId, kind })
export const labelRow = z.object({
  ...{ offset, atMs, room, kind },
  of: z.enum(['action', 'match']),
  actionId: eventId.nullable().describe('the altered action; null for a match'),
  recordId: eventId.describe('id of the truth record'),
  startMs: z.int().describe('start of the match or action, ms since the epoch'),
})

/** Some scores, alerts or labels of one player, from one of the topics that have them. */
export const evaluationInput = z.looseObject({
  account,
  datetime: instant.describe('event time of the newest of the rows'),
  scores: z.array(scoreRow).describe('scores, in their order'),
  alerts: z.array(alertRow).describe('alerts, in their order'),
  labels: z.array(labelRow).describe('what is true of actions and matches, in its order'),
})

/** Some of a player's actions, an alert or a match, of which the truth is known: what they add to the quality of a model. */
export const evaluationTally = z.looseObject({
  eventId: derivedId.describe('<id of the action, alert or match>:<what is counted>'),
  datetime: instant.describe('event time; of a match its end'),
  account,
  modelId,
  counts: z.record(z.string(), z.number().min(0)).describe('what is counted, e.g. score/jump/49'),
})

/** How well a model found one kind of cheating in five minutes; the newest revision counts. */
export const quality = z.looseObject({
  window: instant.describe('start of the window'),
  modelId,
  kind: z.enum(qualityKinds).describe('kind of cheating; all: every kind'),
  actions: count.describe('scored actions: those of the kind, and those that nobody altered'),
  altered: count.describe('of them altered'),
  flagged: count.describe('of them called suspicious'),
  hits: count.describe('of them altered and called suspicious'),
  precision: share.describe('hits ÷ flagged; null without flagged or without altered actions'),
  recall: share.describe('hits ÷ altered; null without any'),
  averagePrecision: share.describe(
    'area under the curve of precision and recall over 50 steps of the score; null without altered actions',
  ),
  alerts: count.describe(
    'alerts about players who cheat in the kind, and about honest ones; those of which no truth came are not among them',
  ),
  trueAlerts: count.describe('of them about players who cheat'),
  falseAlerts: count.describe('of them about honest players'),
  cheaters: count.describe('players and matches with the kind that ended in the window'),
  detected: count.describe('of them with an alert'),
  medianDelaySeconds: z
    .number()
    .min(0)
    .nullable()
    .describe(
      'from the first altered action to the alert, median of the detected, to a tenth of itself; null without any',
    ),
  honestHours: z.number().min(0).describe('hours that honest players played in matches that ended in the window'),
  falseAlertsPerHour: z.number().min(0).nullable().describe('false alerts ÷ honest hours; null without any'),
  events: count.describe('tallies of the window'),
  revision: z.int().min(0).describe('grows with every correction'),
})

export type EvaluationInput = z.infer<typeof evaluationInput>
export type ScoreRow = z.infer<typeof scoreRow>
export type AlertRow = z.infer<typeof alertRow>
export type LabelRow = z.infer<typeof labelRow>
export type EvaluationTally = z.infer<typeof evaluationTally>
export type Quality = z.infer<typeof quality>

const keyOf = keyField('account')
const eventTimeMs = instantField('datetime')
const person = personIn({ account: 'account' })
const by = 'detector-evaluator'

export const evaluationInputs = defineTopic({
  name: 'lol.evaluation-inputs',
  schema: evaluationInput,
  keyOf,
  eventTimeMs,
  retentionDays: 2,
  lake: false,
  derivedFrom: { topic: scores, with: [alerts, truth], by, topology: 'tallies', relation: 'aggregate' },
  person,
  why: 'Scores, alerts and truth in one topic, so that those of a player have one order; nobody else needs them.',
})

export const evaluationTallies = defineTopic({
  name: 'lol.evaluation-tallies',
  schema: evaluationTally,
  keyOf,
  eventTimeMs,
  retentionDays: 2,
  lake: false,
  derivedFrom: { topic: evaluationInputs, by, topology: 'tallies', relation: 'aggregate' },
  person,
  why: 'Scores and alerts with what is true about them, counted per player; the quality is their sum.',
})

const besideQuality = {
  source: evaluationTallies,
  ...{ by, topology: 'quality', of: 'lol.quality' },
  person: noPerson('counts of many players'),
}
export const qualityPartials = definePartialsTopic({ name: 'lol.quality-partials', ...besideQuality })
export const qualityLate = defineLateTopic({ name: 'lol.quality-late', ...besideQuality })

export const qualities = defineTopic({
  name: 'lol.quality',
  schema: quality,
  keyOf: (event: Quality) => `${event.modelId} ${event.kind}`,
  keyText: '`modelId` and `kind`',
  eventTimeMs: instantField('window'),
  partitions: 1,
  retentionDays: 30,
  lake: false,
  derivedFrom: { topic: qualityPartials, by, topology: 'quality', relation: 'aggregate' },
  person: noPerson('counts of many players'),
  why: 'How well the detector finds each kind of cheating, per five minutes, measured against the truth.',
})
