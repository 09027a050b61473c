import type { LogReader } from '@millrace/event-log'
import { shorten, type TrackChart, write, writeInstant } from '@millrace/report/figure'
import type { Picture, PictureSource } from '../facets.ts'
import { daysOf } from '../shown-time.ts'
import { alertsByDay, type LolCurated, lol, scoresByPlayer } from './contract.ts'

/** Alerts of a day that are read. */
const MOST_ALERTS = 10_000
/** Newest records of a partition that are searched for the moves of a match. */
const MOST_RECORDS = 300_000
/** Moves of a match that are drawn. */
const MOST_MOVES = 500
/** Players among whom one without an alert is looked for. */
const MOST_OTHERS = 20
const MOST_CHARACTERS = 32

interface Move {
  readonly eventId: string
  readonly timeMs: number
  readonly x: number
  readonly y: number
}

interface Offender {
  readonly account: string
  readonly alerts: number
  /** Match, day, time and score of the highest alert. */
  readonly room: string
  readonly day: string
  readonly timeMs: number
  readonly score: number
}

/** The player with the most alerts, of these the one with the highest, and the accounts with an alert. */
async function worstOf({ mart, ...shown }: PictureSource) {
  const byAccount = new Map<string, Offender>()
  for (const day of daysOf(shown))
    for (const row of await mart.select(alertsByDay, { day }, { limit: MOST_ALERTS })) {
      const account = String(row.account)
      const { alerts = 0, ...highest } = byAccount.get(account) ?? {}
      const score = Number(row.score)
      const isHigher = !('score' in highest) || score > highest.score
      const alert = { account, room: String(row.room_id), day, timeMs: Number(row.datetime), score }
      byAccount.set(account, { ...(isHigher ? alert : highest), alerts: alerts + 1 })
    }
  const [worst] = [...byAccount.values()].sort((a, b) => b.alerts - a.alerts || b.score - a.score)
  return worst && { worst, accounts: byAccount }
}

const partitionsOf = (log: LogReader) => log.range(lol.topics.curated.name)

/**
 * The moves of a player in a match, and those of a player without an alert; the log keeps a player in one partition.
 * Only records of these players are parsed.
 */
async function readTracks(log: LogReader, { account, room }: Offender, accounts: ReadonlyMap<string, unknown>) {
  const topic = lol.topics.curated.name
  const others = new Map<string, Move[]>()
  for (const { partition, earliest, end } of await partitionsOf(log)) {
    const own: Move[] = []
    others.clear()
    for await (const records of log.read(topic, partition, Math.max(earliest, end - MOST_RECORDS), end))
      for (const { key, value } of records) {
        const player = key.toString('utf8')
        const isOwn = player === account
        if (!isOwn && (accounts.has(player) || (others.size >= MOST_OTHERS && !others.has(player)))) continue
        const event = JSON.parse(value.toString('utf8')) as LolCurated
        if (event.method !== '/move' || (isOwn && (event.roomID ?? '') !== room)) continue
        const moves = isOwn ? own : (others.get(player) ?? [])
        const { eventId, x, y } = event
        if (isOwn || moves.length < MOST_MOVES) moves.push({ eventId, timeMs: Date.parse(event.datetime), x, y })
        if (!isOwn) others.set(player, moves)
      }
    if (own.length > 0) {
      const [other] = [...others].sort(([, a], [, b]) => b.length - a.length)
      return { own: own.sort((a, b) => a.timeMs - b.timeMs), other }
    }
  }
  return null
}

/** The moves around an alert where there are too many. */
function around(moves: readonly Move[], timeMs: number): readonly Move[] {
  const at = Math.max(
    0,
    moves.findIndex(move => move.timeMs >= timeMs),
  )
  const from = Math.max(0, Math.min(at - MOST_MOVES / 2, moves.length - MOST_MOVES))
  return moves.slice(from, from + MOST_MOVES)
}

/** Where the player with the most or the highest alerts went, with the moves that the model found suspicious. */
export const worstPath: Picture = {
  title: 'Path of the worst offender',
  reading:
    'The pointer of the player with the most alerts (of equal ones, with the highest score) in the match of the highest one. A cross is a move with the verdict "suspicious", a dot any other move. Beside it a player without an alert.',
  tables: [alertsByDay, scoresByPlayer],
  async draw(source) {
    const found = await worstOf(source)
    if (!found) return 'There is no alert.'
    const { worst } = found
    const tracks = await readTracks(source.log, worst, found.accounts)
    if (!tracks) return `The moves of ${shorten(worst.account, MOST_CHARACTERS)} are no longer in the log.`
    const moves = around(tracks.own, worst.timeMs)
    const days = [
      ...new Set([moves[0]!, moves.at(-1)!].map(({ timeMs }) => new Date(timeMs).toISOString().slice(0, 10))),
    ]
    const scores = new Map<string, { score: number; isSuspicious: boolean }>()
    for (const day of days)
      for (const row of await source.mart.select(
        scoresByPlayer,
        { account: worst.account, day },
        { limit: MOST_ALERTS },
      ))
        scores.set(String(row.source_event_id), {
          score: Number(row.score),
          isSuspicious: row.verdict === 'suspicious',
        })
    const isFlagged = ({ eventId }: Move): boolean => scores.get(eventId)?.isSuspicious ?? false
    const flagged = moves.filter(isFlagged).length
    const name = shorten(worst.account, MOST_CHARACTERS)
    const drawn = [...moves, ...(tracks.other?.[1] ?? [])]
    const reach = Math.max(1, ...drawn.flatMap(({ x, y }) => [Math.abs(x), Math.abs(y)]))
    const charts: TrackChart[] = [
      {
        kind: 'track',
        reach,
        title: name,
        description: `${moves.length} moves, ${flagged} of them suspicious; the highest alert has a score of ${write(worst.score, 'decimal')} at ${writeInstant(worst.timeMs)}.`,
        points: moves.map(move => ({ x: move.x, y: move.y, isFlagged: isFlagged(move) })),
      },
    ]
    if (tracks.other) {
      const [account, others] = tracks.other
      charts.push({
        kind: 'track',
        reach,
        title: `${shorten(account, MOST_CHARACTERS)}, without an alert`,
        description: `${others.length} moves of a player without an alert.`,
        points: others.map(({ x, y }) => ({ x, y, isFlagged: false })),
      })
    }
    const caption = `Moves of ${name} in the match ${shorten(worst.room || 'without id', 40)}; alerts of the player: ${worst.alerts}, highest score ${write(worst.score, 'decimal')} at ${writeInstant(worst.timeMs)}`
    const table = {
      caption:
        moves.length < tracks.own.length
          ? `${caption}; the ${moves.length} moves around it of ${tracks.own.length}`
          : caption,
      columns: ['time', 'x', 'y', 'score', 'verdict'],
      rows: moves.map(move => [
        writeInstant(move.timeMs),
        ...[move.x, move.y, scores.get(move.eventId)?.score ?? null],
        isFlagged(move) ? 'suspicious' : 'normal',
      ]),
    }
    return { charts, tables: [table] }
  },
}
