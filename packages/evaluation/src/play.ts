import { createAnomalyScorerTopology, type Model, type Move } from '@millrace/anomaly-scorer'
import { type LolAlert, type LolTruth, lol } from '@millrace/domains/lol/contract'
import { simulation } from '@millrace/domains/lol/simulate'
import type { CheatKind } from '@millrace/domains/lol/simulate/kinds'
import type { LogRecord } from '@millrace/event-log'
import { createBaselines } from './baselines.ts'

const BATCH = 10_000
const SENT_AFTER_MS = 100
const HOUR_MS = 3_600_000

/** A player of the simulation, and what is true of it. */
export interface Player {
  readonly account: string
  /** Null for an honest one, also for a cheater whose matches have no altered action. */
  readonly cheat: CheatKind | null
  readonly hours: number
}

export interface Alert {
  readonly player: number
  readonly timeMs: number
  /** Number of the action that crossed the threshold. */
  readonly action: number
  readonly kind: string
}

/** What a detector said about a play: a number for each action, one for each player, and whom it reported. */
export interface Verdicts {
  readonly actions: Float32Array
  readonly players: Float32Array
  readonly alerts: readonly Alert[]
}

/** The actions of many players with their truth, and what detectors said; columns have one row for each action, by time. */
export interface Play {
  readonly players: readonly Player[]
  readonly player: Int32Array
  readonly timeMs: Float64Array
  readonly isAltered: Uint8Array
  /** Values of the baselines by their names. */
  readonly baselines: ReadonlyMap<string, Float32Array>
  readonly models: ReadonlyMap<string, Verdicts>
}

/** A model under test. */
export interface Contestant {
  readonly name: string
  readonly model: Model
  /** False takes the paths away. */
  readonly seesPaths: boolean
}

interface Run {
  readonly records: readonly LogRecord[]
  readonly altered: ReadonlySet<string>
  readonly players: readonly Player[]
}

/** One run of the generator with its truth. */
function simulateRun(options: Readonly<Record<string, string>>): Run {
  const { stream } = simulation.simulate(simulation.parse({ profile: 'realistic', ...options }), 0)
  const records: LogRecord[] = []
  const altered = new Set<string>()
  const cheats = new Map<string, CheatKind | null>()
  const hours = new Map<string, number>()
  while (stream.nextMs !== Number.POSITIVE_INFINITY) {
    const { topic, key, value, atMs } = stream.next()
    if (topic === lol.topics.raw.name) {
      const [offset, timestampMs] = [records.length, atMs + SENT_AFTER_MS]
      records.push({ topic, partition: 0, offset, key: Buffer.from(key), value: Buffer.from(value), timestampMs })
      continue
    }
    const { kind, actionId, account, cheat, datetime, endedAt } = JSON.parse(value) as LolTruth
    if (kind === 'action') altered.add(actionId!)
    if (kind !== 'player-match') continue
    cheats.set(account, (cheat as CheatKind | null) ?? cheats.get(account) ?? null)
    hours.set(account, (hours.get(account) ?? 0) + (Date.parse(endedAt) - Date.parse(datetime)) / HOUR_MS)
  }
  const players = [...cheats].map(([account, cheat]) => ({ account, cheat, hours: hours.get(account)! }))
  return { records, altered, players }
}

function withoutPath(record: LogRecord): LogRecord {
  const { path: _, ...event } = JSON.parse(record.value.toString()) as { path?: unknown }
  return { ...record, value: Buffer.from(JSON.stringify(event)) }
}

/** Runs the service's own processor over the records. @param onMove told of every move, and what the model knows */
async function judge(
  records: readonly LogRecord[],
  model: Model,
  onMove: (move: Move, score: number, statistic: number) => void,
): Promise<readonly LolAlert[]> {
  const processor = createAnomalyScorerTopology({
    model,
    publishScores: false,
    onJudgement(move, { score, warmUp, detail }) {
      const statistic = detail ? Math.max(...Object.values(detail.statistics)) : warmUp ? 0 : score
      onMove(move, score, statistic)
    },
  }).createProcessor(lol.topics.raw, 0)
  const end = records.length
  await processor.open({ topic: lol.topics.raw.name, partition: 0, epoch: 1, committed: null, earliest: 0, end })
  const alerts: LolAlert[] = []
  for (let from = 0; from < end; from += BATCH) {
    const { emits, failed } = await processor.process(records.slice(from, from + BATCH))
    if (failed.length > 0) throw new Error(`The scorer refused a generated event: ${failed[0]!.reason.message}`)
    for (const { value } of emits) alerts.push(JSON.parse(value.toString()) as LolAlert)
  }
  return alerts
}

/**
 * Plays one run of the realistic profile and lets every contestant judge it.
 * @param options of the generator
 */
export async function playRun(
  options: Readonly<Record<string, string>>,
  contestants: readonly Contestant[],
): Promise<Play> {
  const { records, altered, players } = simulateRun(options)
  const indexOf = new Map(players.map(({ account }, index) => [account, index]))
  const numberOf = new Map<string, number>()
  const player: number[] = []
  const timeMs: number[] = []
  const isAltered: number[] = []
  const baselines = createBaselines()
  const values = baselines.map((): number[] => [])
  function take(move: Move): void {
    numberOf.set(move.eventId, player.length)
    player.push(indexOf.get(move.account)!)
    timeMs.push(move.timeMs)
    isAltered.push(altered.has(move.eventId) ? 1 : 0)
    baselines.forEach(({ judge: value }, n) => {
      values[n]!.push(value(move))
    })
  }
  const models = new Map<string, Verdicts>()
  for (const { name, model, seesPaths } of contestants) {
    const seen = seesPaths ? records : records.map(withoutPath)
    const isFirst = models.size === 0
    const actions: number[] = []
    const highest = new Float32Array(players.length)
    const said = await judge(seen, model, (move, score, statistic) => {
      if (isFirst) take(move)
      const own = indexOf.get(move.account)!
      actions.push(score)
      highest[own] = Math.max(highest[own]!, statistic)
    })
    const alerts = said.map(({ account, datetime, sourceEventId, kind = '' }) => ({
      player: indexOf.get(account)!,
      timeMs: Date.parse(datetime),
      action: numberOf.get(sourceEventId)!,
      kind,
    }))
    models.set(name, { actions: Float32Array.from(actions), players: highest, alerts })
  }
  return {
    players,
    player: Int32Array.from(player),
    timeMs: Float64Array.from(timeMs),
    isAltered: Uint8Array.from(isAltered),
    baselines: new Map(baselines.map(({ name }, n) => [name, Float32Array.from(values[n]!)])),
    models,
  }
}

function concatenated<T extends Float32Array | Float64Array | Int32Array | Uint8Array>(parts: readonly T[]): T {
  const Column = parts[0]!.constructor as new (length: number) => T
  const whole = new Column(parts.reduce((sum, { length }) => sum + length, 0))
  let from = 0
  for (const part of parts) {
    whole.set(part, from)
    from += part.length
  }
  return whole
}

/** Several runs as one; their players are different people. */
export function joinPlays(plays: readonly Play[]): Play {
  let people = 0
  let actions = 0
  const firsts = plays.map(({ players, player }) => {
    const first = { player: people, action: actions }
    people += players.length
    actions += player.length
    return first
  })
  const [one] = plays
  const column = (name: string) => concatenated(plays.map(({ baselines }) => baselines.get(name)!))
  const verdictsOf = (name: string): Verdicts => ({
    actions: concatenated(plays.map(({ models }) => models.get(name)!.actions)),
    players: concatenated(plays.map(({ models }) => models.get(name)!.players)),
    alerts: plays.flatMap(({ models }, run) =>
      models.get(name)!.alerts.map(alert => ({
        ...alert,
        player: alert.player + firsts[run]!.player,
        action: alert.action + firsts[run]!.action,
      })),
    ),
  })
  return {
    players: plays.flatMap(({ players }) => players),
    player: concatenated(plays.map(({ player }, run) => player.map(index => index + firsts[run]!.player))),
    timeMs: concatenated(plays.map(({ timeMs }) => timeMs)),
    isAltered: concatenated(plays.map(({ isAltered }) => isAltered)),
    baselines: new Map([...one!.baselines.keys()].map(name => [name, column(name)])),
    models: new Map([...one!.models.keys()].map(name => [name, verdictsOf(name)])),
  }
}
