import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { StackAddresses } from '@millrace/testing'
import { type Comparison, compare, type Pair, quantile } from './compare.ts'
import type { RegisteredCurve, RegisteredRow } from './registry.ts'
import { SideClient } from './side-client.ts'

const MAX_GOES = 3

export interface MeasureOptions {
  readonly addresses: StackAddresses
  /** Pairs of a row, rounds of a curve's point. */
  readonly rounds: number
}

/** Runs `work` with a scratch folder, and ends the sides that it opened. */
async function withSides<T>(id: string, work: (directory: string, sides: SideClient[]) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(os.tmpdir(), `millrace-bench-${id}-`))
  const sides: SideClient[] = []
  try {
    return await work(directory, sides)
  } finally {
    await Promise.allSettled(sides.map(side => side.close()))
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Takes the figures of a row's sides in turn. */
export function measureRow(
  row: RegisteredRow,
  { addresses, rounds }: MeasureOptions,
  onPair: (pair: Pair, number: number) => void,
): Promise<Comparison> {
  return withSides(row.id, async (directory, sides) => {
    const setting = (await row.prepare?.({ addresses, directory })) ?? null
    for (const which of ['ours', 'other'] as const) {
      const side = new SideClient(row.file, which)
      sides.push(side)
      await side.open({ addresses, directory, setting })
    }
    const [ours, other] = sides
    return compare({
      ours: () => ours!.round(),
      other: () => other!.round(),
      pairs: rounds,
      maxGoes: MAX_GOES,
      onPair,
    })
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
  { addresses, rounds }: MeasureOptions,
  onRound: (figures: readonly number[], number: number) => void,
): Promise<readonly CurvePoint[]> {
  return withSides(curve.id, async (directory, sides) => {
    for (const setting of curve.points) {
      const side = new SideClient(curve.file, 'open')
      sides.push(side)
      await side.open({ addresses, directory, setting })
      await side.round()
    }
    const taken: number[][] = curve.points.map(() => [])
    for (let number = 1; number <= rounds; number++) {
      for (const [index, side] of sides.entries()) taken[index]!.push(await side.round())
      onRound(
        taken.map(figures => figures.at(-1)!),
        number,
      )
    }
    return curve.points.map((x, index) => ({ x, y: quantile(taken[index]!, 0.5), rounds: taken[index]! }))
  })
}
