import { describe, expect, it } from 'vitest'
import { figure } from '../src/report/figures.ts'
import { renderPage } from '../src/report/page.ts'
import { type Result, verdict } from '../src/report/result.ts'

const result = (change: Partial<Result> = {}, ratio = 1.5, spread = 0.04): Result => ({
  id: 'P1',
  title: 'ours ÷ other',
  unit: 'records/s',
  goal: { bound: 'at least', must: 1.2, aim: 2.5 },
  comparison: { ratio, spread, ours: 123_456, other: 82_304, pairs: [{ ours: 123_456, other: 82_304 }] },
  at: '2026-01-02T03:04:05.000Z',
  machine: { cpu: 'A CPU', cores: 2, memoryGiB: 24, os: 'Linux 6', node: '26.10.0', commit: 'abc' },
  ...change,
})

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
    const of = (goal: Result['goal'], ratio: number) => verdict(result({ goal }, ratio))
    expect([1.1, 1.2, 2.5].map(ratio => of(least, ratio))).toEqual(['missed', 'must', 'aim'])
    expect([3.1, 3, 2].map(ratio => of(most, ratio))).toEqual(['missed', 'must', 'aim'])
  })
})

describe('the page', () => {
  it('has a line per row, says where a ratio is not to be trusted, and names every machine once', () => {
    const elsewhere = { ...result().machine, cpu: 'Another CPU' }
    const page = renderPage([result(), result({ id: 'C1', machine: elsewhere }, 0.9, 0.5), result({ id: 'S1' })])
    expect(page).toContain(
      '| P1 | ours ÷ other | **1.50** | 4 % | ≥ 1.2 | ≥ 2.5 | must | 123,000 / 82,300 records/s | 1 | 2026-01-02 1 |',
    )
    expect(page).toMatch(/\| C1 \|.*\*\*0\.900\*\* \| 50 % \(wide\) .* missed .* 2026-01-02 2 \|/)
    expect(page.match(/A CPU, 2 cores/g)).toHaveLength(1)
    expect(page).toContain('Machine 2: Another CPU, 2 cores, 24 GiB, Linux 6, Node 26.10.0.')
  })
})
