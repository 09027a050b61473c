import { figure } from './figures.ts'
import type { CurveResult } from './result.ts'

const WIDTH = 640
const HEIGHT = 260
const LEFT = 70
const RIGHT = 20
const TOP = 34
const BOTTOM = 46

/** The next of 1, 2, 5, 10, 20, … that is not below a value. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map(step => step * power).find(limit => limit >= value)!
}

/** A curve as SVG: the quantity on a logarithmic axis, the cost from 0 on; every round is a dot, medians are joined. */
export function drawChart({ title, of, unit, points }: Pick<CurveResult, 'title' | 'of' | 'unit' | 'points'>): string {
  const top = roundUp(Math.max(...points.flatMap(({ rounds }) => rounds)))
  const [least, most] = [Math.log10(points[0]!.x), Math.log10(points.at(-1)!.x)]
  const across = (x: number): string =>
    (LEFT + ((Math.log10(x) - least) / (most - least)) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const down = (y: number): string => (TOP + (1 - y / top) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const lines = [0, 0.5, 1].map(
    share =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${down(top * share)}" y2="${down(top * share)}" stroke="#8884"/>` +
      `<text x="${LEFT - 8}" y="${down(top * share)}" text-anchor="end" dominant-baseline="middle">${figure(top * share)}</text>`,
  )
  const ticks = points.map(
    ({ x }) =>
      `<text x="${across(x)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${x.toLocaleString('en-US')}</text>`,
  )
  const dots = points.flatMap(({ x, rounds }) =>
    rounds.map(y => `<circle cx="${across(x)}" cy="${down(y)}" r="2.5" fill="#2a7ab888"/>`),
  )
  const path = points.map(({ x, y }) => `${across(x)},${down(y)}`).join(' ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" fill="#777">
<text x="${LEFT}" y="18" font-size="14">${title}</text>
${lines.join('\n')}
${ticks.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${of}</text>
<text x="14" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(TOP + HEIGHT - BOTTOM) / 2})">${unit}</text>
${dots.join('\n')}
<polyline points="${path}" fill="none" stroke="#2a7ab8" stroke-width="2"/>
</svg>
`
}
