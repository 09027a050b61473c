import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shellWord } from './shell-word.ts'

it('is one word to a shell, with the same text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme-ascii' }),
    fc.string({ unit: fc.constantFrom(...`'"\\$\`*~ !#&;()<>|`) }),
  )
  const texts = fc.sample(text, { numRuns: 500, seed: 1 })
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${texts.map(shellWord).join(' ')}`], { encoding: 'utf8' })
  expect(stdout.split('\n').slice(0, -1)).toEqual(texts)
  expect(shellWord('.millrace/data')).toBe('.millrace/data')
})
