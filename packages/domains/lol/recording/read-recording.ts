/** The pointer at one time. */
export interface Sample {
  /** Line of the file, from 1. */
  readonly line: number
  /** Time since any fixed instant, ms. */
  readonly timeMs: number
  /** In the unit of the recording, whatever that is. */
  readonly x: number
  readonly y: number
  readonly isAction: boolean
}

export interface RecordingProblem {
  /** Line of the file, from 1. */
  readonly line: number
  readonly reason: string
}

/** The pointer of one person over time. */
export interface Recording {
  /** In the order of the file. */
  readonly samples: readonly Sample[]
  readonly timeUnit: 's' | 'ms'
  /** The column that says when the person acts; null where there is none. */
  readonly actionColumn: 'pressed' | 'action' | null
  /** Lines that were left out. */
  readonly problems: readonly RecordingProblem[]
}

type Column = 't' | 'x' | 'y' | 'pressed' | 'action'

const COLUMN_OF: Readonly<Record<string, Column>> = {
  t: 't',
  time: 't',
  t_seconds: 't',
  t_ms: 't',
  x: 'x',
  x_px: 'x',
  y: 'y',
  y_px: 'y',
  pressed: 'pressed',
  action: 'action',
}
const UNIT_OF_HEADER: Readonly<Record<string, 's' | 'ms'>> = { t_seconds: 's', t_ms: 'ms' }
/** A pointer is sampled more often than this: smaller steps of the time are seconds, others ms. */
const LEAST_STEP_OF_MS = 0.9

const cellsOf = (line: string): string[] => line.split(',').map(cell => cell.trim().replace(/^"(.*)"$/, '$1'))

const numberIn = (cell: string | undefined): number => (cell === undefined || cell === '' ? Number.NaN : Number(cell))

/** Seconds or ms, by the median of the steps of the time that are above 0. */
function guessUnit(times: readonly number[]): 's' | 'ms' {
  const steps = times.flatMap((time, n) => (n > 0 && time > times[n - 1]! ? [time - times[n - 1]!] : []))
  steps.sort((a, b) => a - b)
  return (steps[steps.length >> 1] ?? 0) >= LEAST_STEP_OF_MS ? 'ms' : 's'
}

/** Whether the header of a file is that of a recording. */
export const isRecordingHeader = (line: string): boolean => {
  const columns = cellsOf(line.replace(/^\uFEFF/, '')).map(name => COLUMN_OF[name.toLowerCase()])
  return (['t', 'x', 'y'] as const).every(column => columns.includes(column))
}

/**
 * Reads a recording: CSV with a header of `t`, `x`, `y` and, to know the actions, `pressed` (an action where it rises from 0) or
 * `action` (an action in every line where it is above 0); `t_seconds`, `x_px`, `y_px` are the same. Other columns are ignored.
 * The time is in seconds or ms: as its header says, else by its steps.
 *
 * @throws where the header has no time or position
 */
export function readRecording(text: string): Recording {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (!isRecordingHeader(header))
    throw new Error(`expected a header with t, x, y and pressed, got ${JSON.stringify(header.slice(0, 80))}`)
  const names = cellsOf(header).map(name => name.toLowerCase())
  const placeOf = (column: Column): number => names.findIndex(name => COLUMN_OF[name] === column)
  const [atT, atX, atY] = [placeOf('t'), placeOf('x'), placeOf('y')]
  const actionColumn = placeOf('pressed') >= 0 ? 'pressed' : placeOf('action') >= 0 ? 'action' : null
  const atAction = actionColumn === null ? -1 : placeOf(actionColumn)

  const rows: { line: number; t: number; x: number; y: number; action: number }[] = []
  const problems: RecordingProblem[] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const cells = cellsOf(line)
    const row = {
      line: index + 2,
      t: numberIn(cells[atT]),
      x: numberIn(cells[atX]),
      y: numberIn(cells[atY]),
      action: atAction < 0 ? 0 : numberIn(cells[atAction]),
    }
    const wrong = (['t', 'x', 'y', 'action'] as const).find(name => !Number.isFinite(row[name]))
    if (wrong === undefined) rows.push(row)
    else {
      const name = wrong === 'action' ? (actionColumn ?? wrong) : wrong
      problems.push({ line: index + 2, reason: `${name}: expected a number` })
    }
  }
  const timeUnit = UNIT_OF_HEADER[names[atT]!] ?? guessUnit(rows.map(({ t }) => t))
  const scale = timeUnit === 's' ? 1000 : 1
  const samples = rows.map(({ line, t, x, y, action }, n): Sample => {
    const isAction = action > 0 && (actionColumn === 'action' || !((rows[n - 1]?.action ?? 0) > 0))
    return { line, timeMs: t * scale, x, y, isAction }
  })
  return { samples, timeUnit, actionColumn, problems }
}
