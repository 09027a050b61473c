import { loadNumber } from './storage.ts'

/** Time since the page began, ms; it does not jump. */
export const elapsed = (): number => Math.round(performance.now())

/** One reading of the clock of the machine for a page: what the clock does later does not matter. */
const base = Date.now() - elapsed()

/** Time by the machine's clock as it was when the page began, ms since the epoch. */
export const machineTime = (): number => base + elapsed()

/** Time by the gateway's clock as far as it is known, ms since the epoch. What it is ahead of the machine's is kept as `o`. */
export const now = (): number => machineTime() + loadNumber('millrace.o')
