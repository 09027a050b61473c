import { expect, it } from 'vitest'
import { shorten, topOf, visible, write } from './figure.ts'

it.each([
  [0, 'count', '0'],
  [1234567.4, 'count', '1,234,567'],
  [0.1234, 'percent', '12.3 %'],
  [999, 'bytes', '999 B'],
  [1234567, 'bytes', '1.2 MB'],
  [0.93412, 'decimal', '0.93'],
] as const)('writes %s as %s: %s', (value, format, text) => {
  expect(write(value, format)).toBe(text)
})

it('shows what cannot be seen, and cuts between characters', () => {
  expect(visible('a\u202eb\u0000c\u2028d\ud800')).toBe('a\ufffdb\ufffdc\ufffdd\ufffd')
  expect(shorten('가나다', 3)).toBe('가나다')
  expect(shorten('👍👍👍', 2)).toBe('👍…')
})

it('finds the heaviest, equal ones in their order', () => {
  const items = [...'abcd'].map((name, index) => ({ name, weight: [1, 3, 3, 2][index]! }))
  const { top, more } = topOf(items, 3, ({ weight }) => weight)
  expect(top.map(({ name }) => name).join('')).toBe('bcd')
  expect(more).toBe(1)
  expect(topOf(items, 9, () => 0)).toEqual({ top: items, more: 0 })
})
