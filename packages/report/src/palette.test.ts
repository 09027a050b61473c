import { describe, expect, it } from 'vitest'
import { dark, light, paletteCss } from './palette.ts'

const linear = (channel: number): number => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4)

/** Relative luminance of `#rrggbb`, as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map(at => linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255))
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function contrast(a: string, b: string): number {
  const [dark, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (bright! + 0.05) / (dark! + 0.05)
}

it('measures contrast as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})

describe.each([
  ['light', light],
  ['dark', dark],
])('the %s scheme', (_, scheme) => {
  it.each(['ground', 'card'] as const)(
    'has texts with a contrast of 4.5 and drawings with one of 3 on the %s',
    name => {
      const ground = scheme[name]
      for (const text of ['text', 'muted', 'good', 'bad', 'link'] as const)
        expect(contrast(scheme[text], ground), text).toBeGreaterThanOrEqual(4.5)
      for (const colour of [...scheme.series, scheme.heat])
        expect(contrast(colour, ground), colour).toBeGreaterThanOrEqual(3)
    },
  )

  it('has a colour of its own for each series', () => {
    expect(new Set(scheme.series).size).toBe(scheme.series.length)
  })

  it('is in the style sheet', () => {
    const css = paletteCss(':root')
    for (const colour of [scheme.ground, scheme.text, ...scheme.series]) expect(css).toContain(colour)
  })
})
