import type { Topic } from '@millrace/contracts'

/** Durations of a topology's options, ms. */
interface Durations {
  /** Must be above 0. */
  readonly lengths: Readonly<Record<string, number>>
  /** May be 0. */
  readonly allowances?: Readonly<Record<string, number>>
}

/** @throws TypeError that names the topology, the option, what it is and what is expected */
export function checkDurations(topology: string, { lengths, allowances = {} }: Durations): void {
  const check = (option: string, ms: number, least: number): void => {
    if (!Number.isSafeInteger(ms) || ms < least)
      throw new TypeError(
        `The topology ${topology}: ${option} is ${ms}: expected whole milliseconds, ${least === 0 ? '0 or more' : 'above 0'}.`,
      )
  }
  for (const [option, ms] of Object.entries(lengths)) check(option, ms, 1)
  for (const [option, ms] of Object.entries(allowances)) check(option, ms, 0)
}

/** @throws TypeError where old records of the topic expire, though a restart goes on from them */
export function checkCompacted(topology: string, { name, cleanup }: Topic): void {
  if (cleanup !== 'compact')
    throw new TypeError(
      `The topology ${topology}: ${name} has cleanup "${cleanup}": expected "compact", because totals are restored from it.`,
    )
}

/** @throws TypeError where events are to be corrected by a topic whose records have no revision */
export function checkRevised(
  topology: string,
  { source, subtract }: { readonly source: Topic; readonly subtract?: unknown },
): void {
  if (subtract !== undefined && !Object.hasOwn(source.schema.shape, 'revision'))
    throw new TypeError(
      `The topology ${topology}: subtract is given, and ${source.name} has no field "revision": expected one, which grows with every correction.`,
    )
}
