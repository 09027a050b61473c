export interface Pair {
  readonly ours: number
  readonly other: number
}

export interface Comparison {
  readonly pairs: readonly Pair[]
  /** Median of the pairs' ratios, ours ÷ other. */
  readonly ratio: number
  /** Distance between the quartiles of the ratios ÷ their median. */
  readonly spread: number
  /** Median of each side. */
  readonly ours: number
  readonly other: number
}

/** A spread above this says that the machine was too noisy for the median to be trusted. */
export const WIDE_SPREAD = 0.2

/** The value below which a share `q` of the values lies, between neighbours in proportion. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)]!
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1)
}

export function summarise(pairs: readonly Pair[]): Comparison {
  const ratios = pairs.map(({ ours, other }) => ours / other)
  const ratio = quantile(ratios, 0.5)
  return {
    pairs,
    ratio,
    spread: (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / ratio,
    ours: quantile(
      pairs.map(pair => pair.ours),
      0.5,
    ),
    other: quantile(
      pairs.map(pair => pair.other),
      0.5,
    ),
  }
}

/** Both sides, each in a new process. */
export interface OpenedSides {
  ours(): Promise<number>
  other(): Promise<number>
  close(): Promise<void>
}

export interface CompareOptions {
  readonly open: () => Promise<OpenedSides>
  /** Rounds of each side that do not count, after every opening. */
  readonly warmUpRounds: number
  /** Pairs between one opening and the next. */
  readonly pairs: number
  readonly goes: {
    readonly least: number
    /** While the spread is wide. */
    readonly most: number
  }
  readonly onPair?: (pair: Pair, number: number) => void
}

/**
 * Takes figures of two sides in turn, the first of a pair being the second of the next. Each go opens both anew: two processes
 * of one program differ by a tenth for as long as they live, so the pairs of one opening agree on more than is true.
 */
export async function compare({ open, warmUpRounds, pairs, goes, onPair }: CompareOptions): Promise<Comparison> {
  const taken: Pair[] = []
  for (let go = 0; go < goes.most; go++) {
    const { ours, other, close } = await open()
    try {
      for (const side of [ours, other]) for (let i = 0; i < warmUpRounds; i++) await side()
      for (let i = 0; i < pairs; i++) {
        const isOursFirst = taken.length % 2 === 0
        const first = await (isOursFirst ? ours : other)()
        const second = await (isOursFirst ? other : ours)()
        const pair = isOursFirst ? { ours: first, other: second } : { ours: second, other: first }
        taken.push(pair)
        onPair?.(pair, taken.length)
      }
    } finally {
      await close()
    }
    if (go + 1 >= goes.least && summarise(taken).spread <= WIDE_SPREAD) break
  }
  return summarise(taken)
}
