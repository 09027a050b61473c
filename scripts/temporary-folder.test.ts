import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import setUp from './temporary-folder.ts'

it('is what every test gets', () => {
  expect(path.basename(tmpdir())).toMatch(/^millrace-tests-/)
})

it('is removed with everything in it at the end of a run', () => {
  const outer = tmpdir()
  const tearDown = setUp()
  const folder = tmpdir()
  expect(path.dirname(folder)).toBe(outer)
  writeFileSync(path.join(mkdtempSync(path.join(folder, 'left-behind-')), 'file'), 'content')
  tearDown()
  expect(existsSync(folder)).toBe(false)
  expect(tmpdir()).toBe(outer)
})
