import type { AlertRow, CheatKind, EvaluationInput, LabelRow, ScoreRow } from '@millrace/domains/lol/contract'
import { type Counts, countAction, countAlert, countDetection, countMatch } from './count-outcomes.ts'

/** Some outcomes of a player that are counted in one window. */
export interface Tally {
  /** `<id of the action, alert or match>:<what is counted>`. */
  readonly id: string
  /** Event time, ms since the epoch. */
  readonly atMs: number
  readonly modelId: string
  readonly counts: Counts
}

/** A match and what is known of it are kept for so long after its newest record, ms of event time. */
export const MATCH_MS = 4_500_000
/** Actions whose label may be there are counted together, at most about this often, ms of event time. */
const TOGETHER_MS = 30_000
/** Actions that are counted together lie within one of these, which windows of the quality are made of, ms. */
const SLICE_MS = 60_000
/** Model of a match without a score. */
const NO_MODEL = 'none'

interface PendingAction extends ScoreRow {
  kind: CheatKind | null
}

interface Match {
  readonly since: number
  newestMs: number
  modelId: string
  /** The first altered action. */
  altered: { readonly atMs: number; readonly kind: CheatKind } | null
  label: LabelRow | null
  /** Time of the first alert, ms since the epoch. */
  firstAlertMs: number | null
  openAlerts: AlertRow[]
  isCounted: boolean
}

/**
 * The scores, alerts and labels of one player, which come in any order, until each is counted once. A function of the inputs, in their
 * order. A row that was seen before is known by its offset.
 */
export class PlayerTallies {
  readonly #truthLatenessMs: number
  readonly #actions = new Map<string, PendingAction>()
  /** Labels of actions whose score has not come. */
  readonly #labels = new Map<string, LabelRow>()
  readonly #matches = new Map<string, Match>()
  #newestMs = Number.NEGATIVE_INFINITY
  /** Of the oldest action that is not counted. */
  #oldestMs = Number.POSITIVE_INFINITY
  /** Whether an action of a match that has ended may not be counted yet. */
  #hasEnded = false
  // Offsets behind the last row of each source.
  #scoresEnd = 0
  #alertsEnd = 0
  #labelsEnd = 0

  /** @param truthLatenessMs how long an action waits for its label, ms of event time */
  constructor(truthLatenessMs: number) {
    this.#truthLatenessMs = truthLatenessMs
  }

  /** Offset of the first input that what is kept depends on. */
  get dependsFrom(): number {
    let from = Number.POSITIVE_INFINITY
    for (const { since } of this.#matches.values()) from = Math.min(from, since)
    return from
  }

  /** Adds an input and returns what can be counted now. @param offset of the input */
  add({ scores, alerts, labels }: EvaluationInput, offset: number): Tally[] {
    for (const label of labels) if (label.offset >= this.#labelsEnd) this.#addLabel(label, offset)
    for (const score of scores) if (score.offset >= this.#scoresEnd) this.#addScore(score, offset)
    for (const alert of alerts) if (alert.offset >= this.#alertsEnd) this.#addAlert(alert, offset)
    const tallies: Tally[] = []
    for (const match of this.#matches.values()) tallies.push(...this.#settle(match))
    tallies.push(...this.#countActions())
    this.#forget()
    return tallies
  }

  #matchOf({ room, atMs }: ScoreRow | AlertRow | LabelRow, since: number): Match {
    this.#newestMs = Math.max(this.#newestMs, atMs)
    let match = this.#matches.get(room)
    if (!match) {
      match = {
        ...{ since, newestMs: atMs, modelId: NO_MODEL, altered: null, label: null, firstAlertMs: null },
        ...{ openAlerts: [], isCounted: false },
      }
      this.#matches.set(room, match)
    }
    match.newestMs = Math.max(match.newestMs, atMs)
    return match
  }

  #addScore(score: ScoreRow, since: number): void {
    this.#scoresEnd = score.offset + 1
    const match = this.#matchOf(score, since)
    match.modelId = score.modelId
    if (match.label) this.#hasEnded = true
    this.#oldestMs = Math.min(this.#oldestMs, score.atMs)
    const label = this.#labels.get(score.actionId)
    this.#labels.delete(score.actionId)
    this.#actions.set(score.actionId, { ...score, kind: label?.kind ?? null })
  }

  #addAlert(alert: AlertRow, since: number): void {
    this.#alertsEnd = alert.offset + 1
    this.#matchOf(alert, since).openAlerts.push(alert)
  }

  #addLabel(label: LabelRow, since: number): void {
    this.#labelsEnd = label.offset + 1
    const match = this.#matchOf(label, since)
    const { actionId, kind, atMs } = label
    if (actionId === null) {
      match.label ??= label
      this.#hasEnded = true
      return
    }
    if (kind && (!match.altered || atMs < match.altered.atMs)) match.altered = { atMs, kind }
    const action = this.#actions.get(actionId)
    if (action) action.kind = kind
    else this.#labels.set(actionId, label)
  }

  /** Counts the alerts of a match of which the truth is known, and the match once its end is. */
  #settle(match: Match): Tally[] {
    const { altered, label, openAlerts, modelId } = match
    const tallies: Tally[] = []
    const isKnown = (alert: AlertRow) => label !== null || (altered !== null && altered.atMs <= alert.atMs)
    for (const alert of openAlerts.filter(isKnown)) {
      const kind = altered?.kind ?? label?.kind ?? null
      tallies.push({ ...tallyOf(alert), counts: countAlert(kind ? 'true' : 'false', kind ?? alert.kind) })
      if (match.firstAlertMs === null) {
        match.firstAlertMs = alert.atMs
        // The match was counted as not detected.
        if (match.isCounted && label?.kind)
          tallies.push({
            ...tallyOf(alert, 'detection'),
            atMs: label.atMs,
            counts: countDetection(label.kind, alert.atMs - (altered?.atMs ?? label.startMs)),
          })
      }
    }
    match.openAlerts = openAlerts.filter(alert => !isKnown(alert))
    if (label && !match.isCounted) {
      match.isCounted = true
      const { firstAlertMs } = match
      const beganMs = altered?.atMs ?? label.startMs
      const delayMs = firstAlertMs === null ? null : firstAlertMs - beganMs
      const counts = countMatch(label.kind, { playedMs: label.atMs - label.startMs, delayMs })
      tallies.push({ id: `${label.recordId}:match`, atMs: label.atMs, modelId, counts })
    }
    return tallies
  }

  /** Counts the actions that wait for no label any more, those of a minute and model together. */
  #countActions(): Tally[] {
    const ripeMs = this.#newestMs - this.#truthLatenessMs
    const isDue = this.#oldestMs < ripeMs - TOGETHER_MS
    if (!isDue && !this.#hasEnded) return []
    this.#hasEnded = false
    this.#oldestMs = Number.POSITIVE_INFINITY
    const slices = new Map<string, Tally & { readonly counts: Map<string, number> }>()
    for (const action of this.#actions.values()) {
      const { actionId, atMs, modelId, room } = action
      const hasEnded = this.#matches.get(room)?.label != null
      if (!hasEnded && !(isDue && atMs < ripeMs)) {
        this.#oldestMs = Math.min(this.#oldestMs, atMs)
        continue
      }
      this.#actions.delete(actionId)
      const slice = `${Math.floor(atMs / SLICE_MS)} ${modelId}`
      const tally = slices.get(slice) ?? { id: `${actionId}:actions`, atMs, modelId, counts: new Map() }
      slices.set(slice, tally)
      countAction(tally.counts, action)
    }
    return [...slices.values()]
  }

  /** Drops what is too old; alerts of which no truth came are not counted. */
  #forget(): void {
    const untilMs = this.#newestMs - MATCH_MS
    for (const [room, { newestMs }] of this.#matches) if (newestMs < untilMs) this.#matches.delete(room)
    for (const [actionId, { atMs }] of this.#labels) if (atMs < untilMs) this.#labels.delete(actionId)
  }
}

const tallyOf = ({ alertId, atMs, modelId }: AlertRow, what = 'outcome'): Omit<Tally, 'counts'> => ({
  id: `${alertId.replace(/:.*/, '')}:${what}`,
  atMs,
  modelId,
})
