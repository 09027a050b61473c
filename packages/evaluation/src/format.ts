import type { Estimate } from './intervals.ts'

/** A share or an area: two places. */
export const share = (value: number | null): string => (value === null ? '–' : value.toFixed(2))
export const number = (value: number | null): string =>
  value === null ? '–' : value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')

/** A figure with its interval: `0.91 (0.85–0.95)`. */
export const withInterval = ({ value, low, high }: Estimate, write: (value: number | null) => string): string =>
  value === null ? '–' : `${write(value)} (${write(low)}–${write(high)})`

/** A table of Markdown. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}
