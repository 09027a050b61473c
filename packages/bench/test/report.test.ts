import { readFileSync } from 'node:fs'
import path from 'node:path'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { describe, expect, it } from 'vitest'
import { drawChart } from '../src/report/chart.ts'
import { figure } from '../src/report/figures.ts'
import { keepResults } from '../src/report/keep.ts'
import { renderPage } from '../src/report/page.ts'
import { type CurveResult, growth, type RowResult, verdict } from '../src/report/result.ts'

const result = (change: Partial<RowResult> = {}, ratio = 1.5, spread = 0.04): RowResult => ({
  id: 'P1',
  title: 'ours ÷ other',
  unit: 'records/s',
  goal: { bound: 'at least', must: 1.2, aim: 2.5 },
  comparison: { ratio, spread, ours: 123_456, other: 82_304, pairs: [{ ours: 123_456, other: 82_304 }] },
  at: '2026-01-02T03:04:05.000Z',
  machine: { cpu: 'A CPU', cores: 2, memoryGiB: 24, os: 'Linux 6', node: '26.10.0', commit: 'abc' },
  ...change,
})

const curve: CurveResult = {
  id: 'players',
  title: 'Scorer, by players',
  of: 'players',
  unit: 'µs per event',
  remark: 'It is not.',
  points: [
    { x: 10, y: 1, rounds: [1, 1.9] },
    { x: 100, y: 1.25, rounds: [1.25] },
    { x: 1_000, y: 0.8, rounds: [0.8] },
  ],
  at: '2026-01-02T03:04:05.000Z',
  machine: result().machine,
}

describe('figure', () => {
  it.each([
    [0, '0'],
    [1_234_567, '1,230,000'],
    [999.6, '1,000'],
    [45.64, '45.6'],
    [0.78901, '0.789'],
    [0.0123, '0.0123'],
  ])('writes %d as %s', (value, text) => expect(figure(value)).toBe(text))
})

describe('verdict', () => {
  it('knows whether more or less is better', () => {
    const least = { bound: 'at least', must: 1.2, aim: 2.5 } as const
    const most = { bound: 'at most', must: 3, aim: 2 } as const
    const of = (goal: RowResult['goal'], ratio: number) => verdict(result({ goal }, ratio))
    expect([1.1, 1.2, 2.5].map(ratio => of(least, ratio))).toEqual(['missed', 'must', 'aim'])
    expect([3.1, 3, 2].map(ratio => of(most, ratio))).toEqual(['missed', 'must', 'aim'])
  })
})

describe('the page', () => {
  it('has a line per row, says where a ratio is not to be trusted, and names every machine once', () => {
    const elsewhere = { ...result().machine, cpu: 'Another CPU' }
    const page = renderPage({
      rows: [result(), result({ id: 'C1', machine: elsewhere }, 0.9, 0.5), result({ id: 'S1' })],
      curves: [curve],
    })
    expect(page).toContain(
      '| P1 | ours ÷ other | **1.50** | 4 % | ≥ 1.2 | ≥ 2.5 | must | 123,000 / 82,300 records/s | 1 | 2026-01-02, machine 1 |',
    )
    expect(page).toMatch(/\| C1 \|.*\*\*0\.900\*\* \| 50 % \(wide\) .* missed .* 2026-01-02, machine 2 \|/)
    expect(page).toContain('| µs per event | 1.00 | 1.25 | 0.800 |')
    expect(page).toContain('The dearest point is 1.56 times the cheapest (2026-01-02, machine 1). It is not.')
    expect(page).toContain('](performance/players.svg)')
    expect(page.match(/A CPU, 2 cores/g)).toHaveLength(1)
    expect(page).toContain('Machine 2: Another CPU, 2 cores, 24 GiB, Linux 6, Node 26.10.0.')
  })
})

describe('a curve', () => {
  it('grows by its dearest point', () => expect(growth(curve)).toBeCloseTo(1.5625))

  it('is drawn from 0 on, with its points at equal distances for equal factors and a dot for every round', () => {
    const chart = drawChart(curve)
    expect(chart).toContain('<polyline points="70.0,124.0 345.0,101.5 620.0,142.0"')
    expect(chart.match(/<circle/g)).toHaveLength(4)
    expect(chart).toContain('>1,000</text>')
    expect(chart).toContain('>2.00</text>')
  })
})

describe('what is kept', () => {
  it('is the last result of every row that there is', () => {
    const folder = temporaryDirectory('performance')
    const declared = { rows: [{ id: 'C1' }, { id: 'P1' }], curves: [{ id: 'players' }] }
    keepResults(folder, { rows: [result({ id: 'P1' }), result({ id: 'gone' })], curves: [curve] }, declared)
    keepResults(folder, { rows: [result({ id: 'C1' }), result({ id: 'P1' }, 9)], curves: [] }, declared)
    const kept = JSON.parse(readFileSync(path.join(folder, 'performance.json'), 'utf8'))
    expect(kept.rows.map((one: RowResult) => [one.id, one.comparison.ratio])).toEqual([
      ['C1', 1.5],
      ['P1', 9],
    ])
    expect(kept.curves).toEqual([curve])
    expect(readFileSync(path.join(folder, 'performance/players.svg'), 'utf8')).toBe(drawChart(curve))
    expect(readFileSync(path.join(folder, 'performance.md'), 'utf8')).toBe(renderPage(kept))
  })
})
