import { deepStrictEqual, notStrictEqual } from 'node:assert/strict'
import { array, assert, asyncProperty, integer } from 'fast-check'
import type { Restarts } from './restarts.ts'

/**
 * Kills processes at arbitrary offsets: together they must publish what one publishes that is never killed, and some of them must read
 * again what was before their offset.
 * @returns what that one publishes
 */
export async function assertSameInParts(
  runs: Restarts,
  { numRuns }: { readonly numRuns: number },
): Promise<readonly string[]> {
  const { published: whole } = await runs.run(0, runs.length, null)
  const cuts = array(integer({ min: 1, max: runs.length - 1 }), { minLength: 1, maxLength: 4 })
  let allRewinds = 0
  await assert(
    asyncProperty(cuts, async ends => {
      const { published, rewinds } = await runs.runInParts(ends)
      allRewinds += rewinds
      deepStrictEqual(published, whole)
    }),
    { numRuns },
  )
  notStrictEqual(allRewinds, 0, 'no process read records before its offset')
  return whole
}
