import { createAnomalyScorerTopology, type Judgement, type Model, type Move } from '@millrace/anomaly-scorer'
import { type LolAlert, lol } from '@millrace/domains/lol/contract'
import type { LogRecord } from '@millrace/event-log'
import { type LineProblem, PAUSE_MS, type ScoredFile } from './read-file.ts'

/** What the scorer found out about one player. */
export interface PlayerReport {
  readonly account: string
  actions: number
  hours: number
  /** How many approaches were known, and of the others why not. */
  readonly approaches: Record<string, number>
  /** The highest statistic of each kind that is judged. */
  readonly highest: Record<string, number>
  readonly alerts: Pick<LolAlert, 'kind' | 'datetime' | 'sourceEventId' | 'score' | 'reason' | 'evidence'>[]
}

export interface ScoreReport {
  readonly model: string
  readonly format: ScoredFile['format']
  readonly playerHours: number
  readonly alerts: number
  readonly alertsPerPlayerHour: number
  readonly actions: number
  readonly linesLeftOut: number
  readonly problems: readonly LineProblem[]
  readonly abstains: ScoredFile['abstains']
  readonly players: readonly PlayerReport[]
}

const BATCH = 10_000
const MOST_PROBLEMS = 20
const HOUR_MS = 3_600_000

const rounded = (value: number, places: number): number => Number(value.toFixed(places))

/** The lines as records of one partition, each sent when the newest event so far happened. */
function recordsOf({ lines }: ScoredFile): LogRecord[] {
  let timestampMs = 0
  return lines.map(({ event }, offset) => {
    const timeMs = typeof event.datetime === 'string' ? Date.parse(event.datetime) : Number.NaN
    if (timeMs > timestampMs) timestampMs = timeMs
    const [key, value] = [Buffer.from(String(event.account)), Buffer.from(JSON.stringify(event))]
    return { topic: lol.topics.raw.name, partition: 0, offset, key, value, timestampMs }
  })
}

/** Runs the scorer over a file and collects what it said. */
export async function scoreFile(file: ScoredFile, model: Model): Promise<ScoreReport> {
  const players = new Map<string, PlayerReport>()
  const newestMs = new Map<string, number>()
  const playerOf = (account: string): PlayerReport => {
    const player = players.get(account) ?? {
      account,
      actions: 0,
      hours: 0,
      approaches: {},
      highest: {},
      alerts: [],
    }
    players.set(account, player)
    return player
  }
  function onJudgement(move: Move, { detail }: Judgement): void {
    const player = playerOf(move.account)
    player.actions++
    const before = newestMs.get(move.account) ?? move.timeMs
    const stepMs = move.timeMs - before
    if (stepMs > 0 && stepMs <= PAUSE_MS) player.hours += stepMs / HOUR_MS
    newestMs.set(move.account, Math.max(before, move.timeMs))
    if (!detail) return
    player.approaches[detail.approach] = (player.approaches[detail.approach] ?? 0) + 1
    for (const [kind, value] of Object.entries(detail.statistics))
      if (!(kind in file.abstains)) player.highest[kind] = Math.max(player.highest[kind] ?? 0, rounded(value, 2))
  }
  const topology = createAnomalyScorerTopology({ model, publishScores: false, onJudgement })
  const processor = topology.createProcessor(lol.topics.raw, 0)
  const records = recordsOf(file)
  const end = records.length
  await processor.open({ topic: lol.topics.raw.name, partition: 0, epoch: 1, committed: null, earliest: 0, end })
  const problems = [...file.problems]
  for (let from = 0; from < end; from += BATCH) {
    const { emits, failed } = await processor.process(records.slice(from, from + BATCH))
    for (const { value } of emits) {
      const { account, ...alert } = JSON.parse(value.toString()) as LolAlert
      if (alert.kind !== undefined && alert.kind in file.abstains) continue
      const { kind, datetime, sourceEventId, score, reason, evidence } = alert
      playerOf(account).alerts.push({ kind, datetime, sourceEventId, score, reason, evidence })
    }
    for (const { record, reason } of failed)
      problems.push({ line: file.lines[record.offset]!.line, reason: reason.message })
  }
  return summarise({ file, model, players: [...players.values()], problems })
}

function summarise(found: {
  readonly file: ScoredFile
  readonly model: Model
  readonly players: readonly PlayerReport[]
  readonly problems: readonly LineProblem[]
}): ScoreReport {
  const { file, model, problems } = found
  // A recording covers the time between the actions too.
  const players = found.players.map(player =>
    file.playedMs === null ? player : { ...player, hours: file.playedMs / HOUR_MS },
  )
  const playerHours = players.reduce((sum, { hours }) => sum + hours, 0)
  const alerts = players.reduce((sum, player) => sum + player.alerts.length, 0)
  return {
    model: model.id,
    format: file.format,
    playerHours: rounded(playerHours, 4),
    alerts,
    alertsPerPlayerHour: playerHours > 0 ? rounded(alerts / playerHours, 4) : 0,
    actions: players.reduce((sum, { actions }) => sum + actions, 0),
    linesLeftOut: problems.length,
    problems: [...problems].sort((a, b) => a.line - b.line).slice(0, MOST_PROBLEMS),
    abstains: file.abstains,
    players: players.map(player => ({ ...player, hours: rounded(player.hours, 4) })),
  }
}
