import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chartValuesSchema } from '../src/reference/chart.ts'
import { renderReference } from '../src/reference/render.ts'

const folder = fileURLToPath(new URL('../../../docs/reference', import.meta.url))
const rendered = renderReference()

describe('the reference', () => {
  it.each([...rendered])('%s is as the contracts say: run "npm run generate" after a change', (file, text) => {
    expect(readFileSync(path.join(folder, file), 'utf8')).toBe(text)
  })

  it('has a schema of the values as values.yaml and the services say', () => {
    const file = fileURLToPath(new URL('../../../charts/millrace/values.schema.json', import.meta.url))
    expect(readFileSync(file, 'utf8')).toBe(chartValuesSchema())
  })

  it('has no page that is not generated', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    const paths = files.map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)))
    expect(paths.sort()).toEqual([...rendered.keys()].sort())
  })
})
