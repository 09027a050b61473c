/** Area under the ROC curve: the chance that a row of the first population scores above one of the second. */
export function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  const all = [...first.map(score => ({ score, isFirst: true })), ...second.map(score => ({ score, isFirst: false }))]
  all.sort((a, b) => a.score - b.score)
  let ranks = 0
  for (let from = 0; from < all.length; ) {
    let end = from
    while (end < all.length && all[end]!.score === all[from]!.score) end++
    for (let index = from; index < end; index++) if (all[index]!.isFirst) ranks += (from + end + 1) / 2
    from = end
  }
  return (ranks - (first.length * (first.length + 1)) / 2) / (first.length * second.length)
}
