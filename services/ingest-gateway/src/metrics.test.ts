import { expect, it } from 'vitest'
import { createKeyLabels } from './metrics.ts'

it('gives a hundred API keys labels of their own, and the others one, so that rotation makes no end of series', () => {
  const labelOf = createKeyLabels()
  const labels = Array.from({ length: 250 }, (_, n) => labelOf(`key${n}`).key)
  expect(new Set(labels).size).toBe(101)
  expect(labelOf('key0')).toEqual({ key: 'key0' })
  expect(labelOf('key249')).toEqual({ key: 'other' })
})
