import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { TICKS_PER_SECOND } from '../simulate/realistic/bins.ts'
import type { ActivityCounts } from './activity-statistics.ts'

/** One row of a recording: the pointer, px of the view, and 0 no action, 1 a move or attack command, 2 an ability. */
export interface PointerRow {
  readonly tick: number
  readonly x: number
  readonly y: number
  readonly action: number
}

/** One second of a player's match of the activity file; null where it was not recorded. */
export interface ActivitySecond {
  readonly clicks: number
  readonly keys: number | null
  /** Length of the pointer's way, px. */
  readonly way: number
}

const rowsOf = (text: string): Record<string, string>[] =>
  parse(text, { columns: true, skip_empty_lines: true }) as Record<string, string>[]

/** Rows of `t_seconds,x_px,y_px,action`, at whole ticks; of rows in the same tick the first one counts. */
export function readPointerRows(csv: string): PointerRow[] {
  const rows: PointerRow[] = []
  for (const row of rowsOf(csv)) {
    const tick = Math.round(Number(row.t_seconds) * TICKS_PER_SECOND)
    if (rows.length > 0 && tick <= rows.at(-1)!.tick) continue
    rows.push({ tick, x: Number(row.x_px), y: Number(row.y_px), action: Number(row.action) })
  }
  if (rows.some(row => !Object.values(row).every(Number.isFinite)))
    throw new Error('A recording needs the columns t_seconds, x_px, y_px and action, each of them numbers.')
  return rows
}

/** The recordings of a folder, one CSV file per person, by file name. */
export function readRecordings(folder: string): PointerRow[][] {
  const names = readdirSync(folder).filter(name => name.endsWith('.csv'))
  if (names.length === 0) throw new Error(`${folder} holds no CSV file: expected one recording per person.`)
  return names.sort().map(name => readPointerRows(readFileSync(join(folder, name), 'utf8')))
}

/** Seconds by player-match of `player_match,team,second,clicks,keys,pointer_px`. */
export function readActivity(csv: string): ActivitySecond[][] {
  const matches = new Map<string, ActivitySecond[]>()
  for (const { player_match, clicks, keys, pointer_px } of rowsOf(csv)) {
    if (player_match === undefined || !clicks) continue
    const second = { clicks: Number(clicks), keys: keys ? Number(keys) : null, way: Number(pointer_px) }
    const own = matches.get(player_match)
    if (own) own.push(second)
    else matches.set(player_match, [second])
  }
  return [...matches.values()]
}

/** Clicks and keys per second of a player-match. */
export const countsOf = (match: readonly ActivitySecond[]): ActivityCounts => ({
  clicks: match.map(second => second.clicks),
  keys: match.flatMap(({ keys }) => (keys === null ? [] : [keys])),
})
