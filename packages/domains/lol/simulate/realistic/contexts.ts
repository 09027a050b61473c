import {
  ACTIONS,
  ANGLES,
  COARSE_BINS,
  COUNT_BINS,
  FAR_EDGES,
  GAP_BINS,
  KINDS,
  MIDDLE_EDGES,
  NEAR_EDGES,
  PLACES,
  STEP_BINS,
  TURNS,
} from './bins.ts'

/** Bins of the logarithm of a speed. */
export const SPEED_BINS = 8

/** Sizes of the contexts of each model: a model is a sum of one table per context. */
export const KIND_CONTEXTS = [
  KINDS,
  GAP_BINS,
  GAP_BINS * GAP_BINS,
  STEP_BINS,
  COUNT_BINS,
  COUNT_BINS,
  COUNT_BINS,
  COUNT_BINS,
  ACTIONS ** 3,
  SPEED_BINS,
  SPEED_BINS,
  ACTIONS * GAP_BINS,
  PLACES,
] as const
export const STEP_CONTEXTS = [
  9 * ACTIONS,
  STEP_BINS,
  STEP_BINS,
  STEP_BINS,
  COARSE_BINS ** 2,
  SPEED_BINS,
  SPEED_BINS,
  GAP_BINS * ACTIONS,
  COUNT_BINS,
  TURNS / 2 + 1,
  COARSE_BINS * 27,
  4,
  PLACES * ACTIONS,
] as const
/** The first four tables are by turn, the others by the direction relative to an anchor. */
export const TURN_CONTEXTS = [
  COARSE_BINS ** 2,
  TURNS * 4,
  TURNS,
  ACTIONS,
  (NEAR_EDGES.length + 1) * COARSE_BINS,
  (FAR_EDGES.length + 1) * COARSE_BINS,
  (MIDDLE_EDGES.length + 1) * COARSE_BINS,
  (MIDDLE_EDGES.length + 1) * 9,
  (NEAR_EDGES.length + 1) * COARSE_BINS,
  4 * COARSE_BINS,
  PLACES * 3,
  (NEAR_EDGES.length + 1) * COARSE_BINS,
] as const
export const TURN_TABLES = 4
/** Weights of each of these tables. */
export const TURN_SIZES: readonly number[] = TURN_CONTEXTS.map(
  (contexts, table) => contexts * (table < TURN_TABLES ? TURNS : ANGLES),
)
