const seeds = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n)

/** Seeds of the realistic profile that a detector may be fitted on, and those that its thresholds may be set by. */
export const FIT_SEEDS = seeds(1, 20)
export const CALIBRATION_SEEDS = seeds(21, 40)
/** Seeds that are kept for the report: nothing is fitted or chosen by what they show. */
export const REPORT_SEEDS = seeds(101, 110)
