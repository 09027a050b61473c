/** A figure with three significant digits, as people write it: 1,230,000 · 45.6 · 0.789. */
export function figure(value: number): string {
  if (value === 0) return '0'
  const digits = 2 - Math.floor(Math.log10(Math.abs(value)))
  const rounded = Number(value.toPrecision(3))
  return rounded.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(Math.max(digits, 0), 6),
    maximumFractionDigits: Math.min(Math.max(digits, 0), 6),
  })
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`
