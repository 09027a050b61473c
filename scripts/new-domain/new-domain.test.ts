import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const NOT_COPIED = new Set(['node_modules', '.git', '.millrace'])
const MINUTES = 60_000
/** A name that no domain of this repository has. */
const NAME = 'sample-of-new-domain'

/** The recipe of CONTRIBUTING.md, in a copy of this repository. */
describe('npm run new-domain', () => {
  let copy: string
  let before: ReadonlyMap<string, string>
  beforeAll(() => {
    copy = mkdtempSync(path.join(process.env.TESTS_ON_DISK ?? os.tmpdir(), 'new-domain-'))
    cpSync(root, copy, { recursive: true, filter: source => !NOT_COPIED.has(path.basename(source)) })
    before = filesOf(copy)
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  /** Runs an npm script; what it printed is part of the error. Off CI, where the install may link a new package. */
  async function npmRun(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, CI: '' }
    return new Promise((resolve, reject) => {
      execFile('npm', ['run', '--silent', ...args], { cwd: copy, env, maxBuffer: 1 << 26 }, (error, out, err) =>
        error ? reject(new Error(`npm run ${args.join(' ')}: ${error.message}\n${out}\n${err}`)) : resolve(out),
      )
    })
  }

  /** Runs tests of the copy, without the checks of `npm test`. */
  const vitest = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const command = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', ...args]
      execFile(process.execPath, command, { cwd: copy, maxBuffer: 1 << 26 }, (error, out, err) =>
        error ? reject(new Error(`vitest ${args.join(' ')}: ${error.message}\n${out}\n${err}`)) : resolve(out),
      )
    })

  it('makes a domain that is checked and tested like the others', { timeout: 15 * MINUTES }, async () => {
    expect(await npmRun('new-domain', NAME)).toMatch(`and added ${NAME}`)
    const after = filesOf(copy)
    const made = [...after.keys()].filter(file => !before.has(file))
    const changed = [...before].filter(([file, text]) => after.get(file) !== text).map(([file]) => file)
    const generated = /^(?:docs\/reference|charts\/millrace|packages\/domains\/generated)\//
    const folders = [`packages/domains/${NAME}/`, `services/${NAME}-generator/`]
    const isIn = (file: string): boolean => folders.some(folder => file.startsWith(folder))
    expect(made.filter(isIn)).toHaveLength(8)
    const page = `docs/domains/${NAME}.md`
    expect(made.filter(file => !generated.test(file) && !isIn(file))).toEqual([page])
    expect(changed.filter(file => !generated.test(file))).toEqual(['packages/domains/index.ts', 'pnpm-lock.yaml'])

    await npmRun('check')
    const tests = [
      'packages/domains/test',
      `packages/domains/${NAME}`,
      'services/all-in-one/test/all-in-one.test',
      'services/all-in-one/test/reference',
      'services/curator',
      'services/ingest-gateway/src/openapi',
    ]
    expect(await npmRun('test', '--', '--project', 'unit', ...tests)).toMatch(/[1-9]\d* passed, 0 failed/)
    const pages = 'services/all-in-one/test/domain-pages.test.ts'
    expect(await vitest(pages, '-t', `each domain|${NAME}`)).toMatch(/2 passed, 0 failed/)
  })

  it('refuses a name that is no name or is taken, and changes nothing', { timeout: 5 * MINUTES }, async () => {
    const files = filesOf(copy)
    await expect(npmRun('new-domain', 'Parking Lot')).rejects.toThrow(
      /"Parking Lot" is not a name of a domain: expected/,
    )
    await expect(npmRun('new-domain', 'lol')).rejects.toThrow(/packages\/domains\/lol is there already/)
    await expect(npmRun('new-domain')).rejects.toThrow(/Usage: npm run new-domain <name>/)
    expect(filesOf(copy)).toEqual(files)
  })
})

/** Text by path of every file, without what an install brings. */
function filesOf(directory: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const walk = (folder: string): void => {
    for (const entry of readdirSync(path.join(directory, folder), { withFileTypes: true })) {
      const file = path.join(folder, entry.name)
      if (NOT_COPIED.has(entry.name)) continue
      if (entry.isDirectory()) walk(file)
      else if (entry.isFile()) files.set(file, readFileSync(path.join(directory, file), 'latin1'))
    }
  }
  walk('')
  return files
}
