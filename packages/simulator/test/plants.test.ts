import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { plants } from '../planted/plants.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

it.each(plants)('the planted fault $name fits the code of the product', ({ edits }) => {
  for (const { file, from, to } of edits) {
    const parts = readFileSync(`${root}/${file}`, 'utf8').split(from)
    expect({ file, times: parts.length - 1 }).toEqual({ file, times: 1 })
    expect(to).not.toBe(from)
  }
})
