import { APPROACH_MS } from '@millrace/domains/lol/approach'

/**
 * What an approach says beside the one before it: approaches that overlap share samples, so that of two in a row that speak for
 * cheating the second counts by the part of time that is its own.
 *
 * @param spoke whether the approach before it spoke for cheating
 * @param sinceMs time between their actions
 */
export const ownEvidence = (logRatio: number, spoke: boolean, sinceMs: number): number =>
  logRatio > 0 && spoke ? logRatio * Math.min(Math.abs(sinceMs) / APPROACH_MS, 1) : logRatio
