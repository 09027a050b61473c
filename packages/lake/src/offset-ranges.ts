import type { OffsetRange } from '@millrace/contracts'

/** Ranges in any order as ascending ranges that neither overlap nor touch. */
export function mergeRanges(ranges: Iterable<OffsetRange>): OffsetRange[] {
  const merged: OffsetRange[] = []
  for (const [first, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && first <= last[1] + 1) last[1] = Math.max(last[1], end)
    else merged.push([first, end])
  }
  return merged
}

/** Offsets as ranges: first and last of each. */
export const rangesOf = (offsets: Iterable<number>): OffsetRange[] =>
  mergeRanges(Array.from(offsets, (offset): OffsetRange => [offset, offset]))

/** Whether one of ascending ranges has an offset. */
export function hasOffset(ranges: readonly OffsetRange[], offset: number): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle]![1] < offset) low = middle + 1
    else high = middle
  }
  return low < ranges.length && ranges[low]![0] <= offset
}

/** Number of offsets in ranges. */
export const countOffsets = (ranges: readonly OffsetRange[]): number =>
  ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)

/** The parts of ranges between two offsets, both inclusive. */
export function offsetsWithin(ranges: readonly OffsetRange[], first: number, last: number): OffsetRange[] {
  return ranges.flatMap(([from, to]): OffsetRange[] => {
    const part: OffsetRange = [Math.max(from, first), Math.min(to, last)]
    return part[0] <= part[1] ? [part] : []
  })
}
