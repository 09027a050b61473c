/** Pointer rows are at whole ticks of this length, ms: 1/16 s. */
export const TICK_MS = 62.5
export const TICKS_PER_SECOND = 16
/** The view in which the pointer moves, px. */
export const VIEW = { width: 1600, height: 1200 } as const
/** Where players rest: the middle of the view less the panels of the game, px. */
export const REST = { x: 815, y: 555 } as const

/** Number of edges that are at most `value`: the bin of a value among ascending edges, closed below. */
export function binOf(edges: readonly number[], value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** Edges of the length of a step between two rows, px; bin 0 is no step. */
export const STEP_EDGES = [0.5, 1.5, 2.9, 5, 8, 12, 18, 26, 38, 55, 78, 110, 150, 210, 290, 400, 560, 800] as const
/** The longest step of the last bin, px. */
export const LONGEST_STEP = 1500
export const STEP_BINS = STEP_EDGES.length + 1
const COARSE_EDGES = [0.5, 5, 18, 55, 150, 400] as const
export const COARSE_BINS = COARSE_EDGES.length + 1

const INTERVAL_EDGES = [2, 3, 4, 5, 8, 14] as const
/** Bins of the ticks between two rows: 1, 2, 3, 4, 5–7, 8–13, 14 and more. */
export const INTERVAL_BINS = INTERVAL_EDGES.length + 1
/** What a row is: the pointer alone, a move or attack command, or an ability. */
export const ACTIONS = 3
/** Outcomes of the model of the next row: interval and action. */
export const KINDS = INTERVAL_BINS * ACTIONS

const GAP_EDGES = [2, 3, 4, 5, 6, 8, 11, 17, 33, 65] as const
export const GAP_BINS = GAP_EDGES.length + 1
const COUNT_EDGES = [0.5, 1.5, 2.5, 3.5, 4.5, 6.5, 8.5, 12.5, 18.5, 27.5, 40.5] as const
export const COUNT_BINS = COUNT_EDGES.length + 1
/** Places of the view: columns and rows, closer together where players look most. */
const COLUMN_EDGES = [250, 450, 620, 760, 880, 1020, 1190, 1390] as const
const ROW_EDGES = [150, 290, 410, 510, 600, 700, 820, 980] as const
export const PLACES = (COLUMN_EDGES.length + 1) * (ROW_EDGES.length + 1)

export const NEAR_EDGES = [8, 25, 60, 120, 220, 400] as const
export const FAR_EDGES = [40, 120, 220, 400, 600] as const
export const MIDDLE_EDGES = [60, 120, 180, 250, 330, 420, 520, 640] as const

/** Directions of a step relative to the one before. */
export const TURNS = 24
/** Directions of a step relative to an anchor. */
export const ANGLES = 16
/** A circle in steps of which both a turn (2) and an anchor's angle (3) are whole numbers. */
export const CIRCLE = 48

/** A table of the bins of whole numbers from 0 to `last`. */
function tableOf(edges: readonly number[], last: number): Uint8Array {
  return Uint8Array.from({ length: last + 1 }, (_, value) => binOf(edges, value))
}
const GAPS = tableOf(GAP_EDGES, 65)
const COUNTS = tableOf(COUNT_EDGES, 41)
const INTERVALS = tableOf(INTERVAL_EDGES, 14)

export const stepBin = (px: number): number => binOf(STEP_EDGES, px)
export const coarseBin = (px: number): number => binOf(COARSE_EDGES, px)
export const placeBin = (x: number, y: number): number =>
  binOf(COLUMN_EDGES, x) * (ROW_EDGES.length + 1) + binOf(ROW_EDGES, y)
export const intervalBin = (ticks: number): number => INTERVALS[Math.min(ticks, 14)]!
export const gapBin = (ticks: number): number => GAPS[Math.min(ticks, 65)]!
export const countBin = (count: number): number => COUNTS[Math.min(count, 41)]!

/** An angle as one of `parts` parts of the circle, from −π on. */
export function angleBin(radians: number, parts: number): number {
  const part = Math.floor((radians / (2 * Math.PI) + 0.5) * parts) % parts
  return part < 0 ? part + parts : part
}
