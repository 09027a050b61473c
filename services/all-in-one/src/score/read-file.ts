import { readWire } from '@millrace/contracts'
import { type LolRaw, lolRawWire } from '@millrace/domains/lol/contract'
import { approachFrom, isRecordingHeader, readRecording } from '@millrace/domains/lol/recording'

/** A line that was left out. */
export interface LineProblem {
  /** From 1. */
  readonly line: number
  readonly reason: string
}

/** An action to score, and the line that it stands in. */
export interface ScoredLine {
  readonly line: number
  readonly event: Readonly<Record<string, unknown>>
}

/** What a file holds for the scorer. */
export interface ScoredFile {
  readonly format: 'events' | 'recording'
  /** In the order of the file. */
  readonly lines: readonly ScoredLine[]
  readonly problems: readonly LineProblem[]
  /** Kinds of cheating that cannot be judged, and why. */
  readonly abstains: Readonly<Record<string, string>>
  /** Time that a recording covers without its pauses, ms; null for events, of which the scorer finds it. */
  readonly playedMs: number | null
}

/** A pause that is longer is no play, ms. */
export const PAUSE_MS = 180_000
/** A recording counts from any instant; it is taken to begin here unless its times are those of a calendar. */
const RECORDING_START_MS = Date.UTC(2000, 0, 1)
const CALENDAR_FROM_MS = Date.UTC(1990, 0, 1)

/** Numbers of a path that are written as texts. */
const readPath = (path: unknown): unknown =>
  Array.isArray(path)
    ? path.map(point => (Array.isArray(point) ? point.map(value => lolRawWire.x!(value)) : point))
    : path

/** An event as the scorer reads it: what it does not need may be missing. */
function readEvent(text: string, line: number): Record<string, unknown> | string {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return 'expected JSON'
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'expected a JSON object'
  const event = readWire(parsed as Record<string, unknown>, lolRawWire)
  const { eventId, method, ingametime, inputkey, path } = event
  return {
    ...event,
    eventId: typeof eventId === 'string' && eventId !== '' ? eventId : `line ${line}`,
    method: method ?? '/move',
    ingametime: ingametime ?? '',
    inputkey: inputkey ?? '',
    ...(path !== undefined && { path: readPath(path) }),
  }
}

function readEvents(text: string): ScoredFile {
  const lines: ScoredLine[] = []
  const problems: LineProblem[] = []
  for (const [index, row] of text.split('\n').entries()) {
    if (row.trim() === '') continue
    const event = readEvent(row, index + 1)
    if (typeof event === 'string') problems.push({ line: index + 1, reason: event })
    else lines.push({ line: index + 1, event })
  }
  return { format: 'events', lines, problems, abstains: {}, playedMs: null }
}

/** Actions of a recording as events of one player. */
function readActions(text: string, account: string): ScoredFile | string {
  const { samples, actionColumn, problems } = readRecording(text)
  if (actionColumn === null)
    return 'the recording has no column "pressed" (or "action"), without which no action is known: nothing was judged'
  let playedMs = 0
  const lines: ScoredLine[] = []
  const shiftMs = (samples[0]?.timeMs ?? 0) >= CALENDAR_FROM_MS ? 0 : RECORDING_START_MS
  for (const [index, { timeMs, x, y, isAction, line }] of samples.entries()) {
    const stepMs = index === 0 ? 0 : timeMs - samples[index - 1]!.timeMs
    if (stepMs > 0 && stepMs <= PAUSE_MS) playedMs += stepMs
    if (!isAction) continue
    const at = new Date(shiftMs + timeMs)
    if (Number.isNaN(at.getTime())) continue
    const path = approachFrom(samples, index)
    const event: Pick<LolRaw, 'eventId' | 'account' | 'datetime' | 'method' | 'ingametime' | 'inputkey' | 'x' | 'y'> = {
      eventId: `line ${line}`,
      account,
      datetime: at.toISOString(),
      method: '/move',
      ingametime: '',
      inputkey: 'none',
      x,
      y,
    }
    lines.push({ line, event: { ...event, ...(path.length > 0 && { path }) } })
  }
  const abstains = {
    rate: 'how fast people act differs by game, and the game of a recording is not known',
    clock: 'a recording has no game time',
  }
  return { format: 'recording', lines, problems, abstains, playedMs }
}

/**
 * Reads NDJSON of lol events, or a recording as CSV.
 * @param account name of the player of a recording
 * @returns a sentence where there is nothing to judge
 */
export function readScoredFile(text: string, account: string): ScoredFile | string {
  const [first = ''] = text
    .replace(/^\uFEFF/, '')
    .trimStart()
    .split('\n', 1)
  if (first === '') return 'it is empty'
  if (first.startsWith('{')) return readEvents(text.replace(/^\uFEFF/, ''))
  if (isRecordingHeader(first.trim())) return readActions(text.trimStart(), account)
  return 'expected NDJSON of lol events, or CSV with a header of t, x, y and pressed'
}
