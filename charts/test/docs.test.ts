import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { chart, describeWithHelm, render } from './helm.ts'

const docs = fileURLToPath(new URL('../../docs', import.meta.url))
const directory = mkdtempSync(path.join(os.tmpdir(), 'docs-values-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const topLevel = Object.keys(parse(readFileSync(path.join(chart, 'values.yaml'), 'utf8')))
const isValues = (text: string): boolean => Object.keys(parse(text) ?? {}).every(key => topLevel.includes(key))
const blocks = globSync('**/*.md', { cwd: docs }).flatMap(page =>
  [...readFileSync(path.join(docs, page), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms)]
    .map(([, text]) => text!)
    .filter(isValues)
    .map((text, index) => [`${page}, block ${index + 1}`, text] as const),
)

describeWithHelm('values in the docs', () => {
  it('are there', () => expect(blocks.length).toBeGreaterThan(3))

  it.each(blocks)('are taken by the chart: %s', async (_, text) => {
    const file = path.join(directory, `${blocks.findIndex(([, block]) => block === text)}.yaml`)
    writeFileSync(file, text)
    expect((await render('-f', file)).length).toBeGreaterThan(0)
  })
})
