import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { StackAddresses } from '@millrace/testing'
import { type Comparison, compare, type OpenedSides, type Pair, quantile } from './compare.ts'
import type { RegisteredCurve, RegisteredRow } from './registry.ts'
import { SideClient } from './side-client.ts'

const GOES = { least: 2, most: 5 }
/** Of one opening. */
const PAIRS = 3
const ROUNDS_OF_A_POINT = 5

export interface MeasureOptions {
  readonly addresses: StackAddresses
  /** Pairs between two openings of a row, or rounds of a curve's point, in place of the usual number. */
  readonly rounds?: number | undefined
}

async function withScratch<T>(id: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(os.tmpdir(), `millrace-bench-${id}-`))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Ends sides; what goes wrong with that changes no figure. */
async function closeAll(sides: readonly SideClient[]): Promise<void> {
  await Promise.allSettled(sides.map(side => side.close()))
}

/** Takes the figures of a row's sides in turn. */
export function measureRow(
  row: RegisteredRow,
  { addresses, rounds = PAIRS }: MeasureOptions,
  onPair: (pair: Pair, number: number) => void,
): Promise<Comparison> {
  return withScratch(row.id, async directory => {
    const setting = (await row.prepare?.({ addresses, directory })) ?? null
    const open = async (): Promise<OpenedSides> => {
      const ours = new SideClient(row.file, 'ours')
      const other = new SideClient(row.file, 'other')
      const close = (): Promise<void> => closeAll([ours, other])
      try {
        for (const side of [ours, other]) await side.open({ addresses, directory, setting })
      } catch (error) {
        await close()
        throw error
      }
      return { ours: () => ours.round(), other: () => other.round(), close }
    }
    return compare({ open, warmUpRounds: row.warmUpRounds ?? 1, pairs: rounds, goes: GOES, onPair })
  })
}

export interface CurvePoint {
  readonly x: number
  /** Median of the rounds. */
  readonly y: number
  readonly rounds: readonly number[]
}

/** Takes the figures of a curve: a round of every point, then the next round, after one that does not count. */
export function measureCurve(
  curve: RegisteredCurve,
  { addresses, rounds = ROUNDS_OF_A_POINT }: MeasureOptions,
  onRound: (figures: readonly number[], number: number) => void,
): Promise<readonly CurvePoint[]> {
  return withScratch(curve.id, async directory => {
    const sides: SideClient[] = []
    const taken: number[][] = curve.points.map(() => [])
    try {
      for (const setting of curve.points) {
        const side = new SideClient(curve.file, 'open')
        sides.push(side)
        await side.open({ addresses, directory, setting })
        await side.round()
      }
      for (let number = 1; number <= rounds; number++) {
        for (const [index, side] of sides.entries()) taken[index]!.push(await side.round())
        onRound(
          taken.map(figures => figures.at(-1)!),
          number,
        )
      }
    } finally {
      await closeAll(sides)
    }
    return curve.points.map((x, index) => ({ x, y: quantile(taken[index]!, 0.5), rounds: taken[index]! }))
  })
}
