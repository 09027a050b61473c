import type { Topic } from '@millrace/contracts'
import {
  type AlertRow,
  type CheatKind,
  cheatKinds,
  type LabelRow,
  lol,
  lolAlert,
  lolScore,
  lolTruth,
  type ScoreRow,
} from '@millrace/domains/lol/contract'
import type { LogRecord } from '@millrace/event-log'
import { decodeJson, drop, ok, type StepResult } from '@millrace/stream'

/** What one record tells of a player. */
export interface Row {
  readonly account: string
  readonly row: { readonly score: ScoreRow } | { readonly alert: AlertRow } | { readonly label: LabelRow }
}

const kindOf = (kind: unknown): CheatKind | null =>
  typeof kind !== 'string' ? null : (cheatKinds.find(known => known === kind) ?? 'other')

const decodeScore = decodeJson(lolScore, [
  'sourceEventId',
  'datetime',
  'account',
  'roomID',
  'score',
  'verdict',
  'modelId',
])
const decodeAlert = decodeJson(lolAlert, ['eventId', 'datetime', 'account', 'roomID', 'modelId', 'kind'])
const decodeTruth = decodeJson(lolTruth, [
  'eventId',
  'datetime',
  'kind',
  'account',
  'roomID',
  'endedAt',
  'cheater',
  'cheat',
  'actionId',
])

function readScore(record: LogRecord): StepResult<Row> {
  const decoded = decodeScore(record, record)
  if (decoded.kind !== 'ok') return decoded
  const { sourceEventId: actionId, datetime, account, roomID: room = '', score, verdict, modelId } = decoded.value
  const { offset } = record
  const row = { offset, atMs: Date.parse(datetime), room, actionId, modelId, score, flagged: verdict === 'suspicious' }
  return ok({ account, row: { score: row } })
}

function readAlert(record: LogRecord): StepResult<Row> {
  const decoded = decodeAlert(record, record)
  if (decoded.kind !== 'ok') return decoded
  const { eventId: alertId, datetime, account, roomID: room = '', modelId, kind } = decoded.value
  const { offset } = record
  const alert = { offset, atMs: Date.parse(datetime), room, alertId, modelId, kind: kindOf(kind) }
  return ok({ account, row: { alert } })
}

/** An episode adds nothing to its actions. */
function readLabel(record: LogRecord): StepResult<Row> {
  const decoded = decodeTruth(record, record)
  if (decoded.kind !== 'ok') return decoded
  const { eventId: recordId, datetime, kind, account, roomID: room, endedAt, cheater, cheat, actionId } = decoded.value
  if (kind === 'episode') return drop('episode')
  const of: LabelRow['of'] = kind === 'action' ? 'action' : 'match'
  const label = {
    ...{
      offset: record.offset,
      room,
      of,
      actionId: actionId ?? null,
      kind: cheater ? (kindOf(cheat) ?? 'other') : null,
    },
    recordId,
    startMs: Date.parse(datetime),
    atMs: Date.parse(endedAt),
  } as const
  return ok({ account, row: { label } })
}

const READERS = new Map<Topic, (record: LogRecord) => StepResult<Row>>([
  [lol.topics.scores, readScore],
  [lol.topics.alerts, readAlert],
  [lol.topics.truth, readLabel],
])

/** How the records of a topic are read. */
export const rowReaderOf = (topic: Topic): ((record: LogRecord) => StepResult<Row>) => READERS.get(topic)!
