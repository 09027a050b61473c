import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { errorsPage } from '../src/reference/errors.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** What runs: without tests, scripts and benchmarks. */
const files = globSync(['packages/*/src/**/*.ts', 'packages/domains/*/**/*.ts', 'services/*/src/**/*.ts'], {
  cwd: root,
}).filter(file => !/\.test\.ts$|\.d\.ts$|\/(test|bench|node_modules)\//.test(file))
const sources = files.map(file => ({ file, text: readFileSync(path.join(root, file), 'utf8') }))

interface Code {
  readonly code: string
  readonly file: string
}

const matches = (pattern: RegExp): Code[] =>
  sources.flatMap(({ file, text }) => [...text.matchAll(pattern)].map(([, code]) => ({ code: code!, file })))

/** Codes that stand where a failure is made. */
const named = [...matches(/\bdeadLetter\(\s*'(\w+)'/g), ...matches(/\bcode: '([a-z]+(?:_[a-z0-9]+)+)'/g)]

/** The rows of the tables out of which `errorFactory` makes errors; each table is a constant beside it. */
const rows = sources.flatMap(({ file, text }) =>
  [...text.matchAll(/= errorFactory\(\s*'\w+',\s*(\w+)\)\n/g)].flatMap(([, table]) => {
    const [, body = ''] = new RegExp(`^(?:export )?const ${table} = \\{\\n(.*?)^\\}`, 'ms').exec(text) ?? []
    const codes = [...body.matchAll(/^ {2}(\w+): /gm)].map(([, code]) => ({ code: code!, file }))
    return codes.length > 0 ? codes : [{ code: `no row of ${table}`, file }]
  }),
)

const onPage = new Set([...errorsPage().matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code!))

describe('the page of error codes', () => {
  it('is compared with codes of every kind', () => {
    const found = [...named, ...rows].map(({ code }) => code)
    expect(found).toEqual(
      expect.arrayContaining(['wrong_field', 'overloaded', 'invalid_json', 'unfit_value', 'gave_up', 'not_yet']),
    )
  })

  it('has every code that a failure may have', () => {
    expect([...named, ...rows].filter(({ code }) => !onPage.has(code))).toEqual([])
  })

  it('has no code that nothing uses', () => {
    const isUsed = (code: string): boolean => sources.some(({ text }) => text.includes(`'${code}'`))
    expect([...onPage].filter(code => !isUsed(code))).toEqual([])
  })
})
