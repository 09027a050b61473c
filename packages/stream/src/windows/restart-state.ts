import { NO_PROGRESS, type Progress } from '../progress.ts'

/** What is committed beside an offset: from where state is rebuilt, how far the partition had come there, and which windows have had state. */
export interface RestartState {
  readonly stateFrom: number
  readonly progress: Progress
  /** Start of the newest window, ms; -Infinity where there is none. */
  readonly newestWindowMs: number
  /** Start of the newest window that has lost its state, ms; -Infinity where there is none. */
  readonly lostUpToMs: number
}

const VERSION = 'w2'
const timeText = (ms: number): string => (ms === Number.NEGATIVE_INFINITY ? '-' : String(ms))
const timeOf = (text: string | undefined): number =>
  text === '-' ? Number.NEGATIVE_INFINITY : /^-?\d+$/.test(text ?? '') ? Number(text) : Number.NaN

export function encodeRestartState({ stateFrom, progress, newestWindowMs, lostUpToMs }: RestartState): string {
  const times = [progress.watermarkMs, progress.sentMs, newestWindowMs, lostUpToMs]
  return [VERSION, stateFrom, ...times.map(timeText)].join(' ')
}

/** The state of a committed text, or null when it is not one. */
export function decodeRestartState(metadata: string): RestartState | null {
  const [version, from, watermark, sent, newest, lost, ...rest] = metadata.split(' ')
  const stateFrom = Number(from)
  const progress = { watermarkMs: timeOf(watermark), sentMs: timeOf(sent) }
  const newestWindowMs = timeOf(newest)
  const lostUpToMs = timeOf(lost)
  const isRead = ![progress.watermarkMs, progress.sentMs, newestWindowMs, lostUpToMs].some(Number.isNaN)
  return version === VERSION && rest.length === 0 && isRead && Number.isSafeInteger(stateFrom) && stateFrom >= 0
    ? { stateFrom, progress, newestWindowMs, lostUpToMs }
    : null
}

/** Where a partition begins without a committed state. */
export const emptyRestartState = (offset: number): RestartState => ({
  stateFrom: offset,
  progress: NO_PROGRESS,
  newestWindowMs: Number.NEGATIVE_INFINITY,
  lostUpToMs: Number.NEGATIVE_INFINITY,
})

/** Where to read from after an assignment; the windows up to `lostUpToMs` lack records that retention took, now or before. */
export function restartFrom({
  committed,
  earliest,
}: {
  readonly committed: { offset: number; metadata: string } | null
  readonly earliest: number
}): {
  readonly readFrom: number
  readonly publishFrom: number
  readonly state: RestartState
  readonly lostUpToMs: number
} {
  const publishFrom = Math.max(earliest, committed?.offset ?? earliest)
  const found = committed ? decodeRestartState(committed.metadata) : null
  const state = found ?? emptyRestartState(publishFrom)
  const readFrom = Math.max(earliest, Math.min(state.stateFrom, publishFrom))
  const lostUpToMs = readFrom > state.stateFrom ? state.newestWindowMs : state.lostUpToMs
  return { readFrom, publishFrom, state, lostUpToMs }
}
