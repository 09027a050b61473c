import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import setUp from './temporary-folder.ts'

it('is what every test gets', () => {
  expect(path.basename(tmpdir())).toMatch(/^millrace-/)
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

it('removes what killed runs left, and nothing of those that run', () => {
  const { pid: ended } = spawnSync(process.execPath, ['--version'])
  const left = path.join(tmpdir(), `millrace-${ended}-left`)
  const running = path.join(tmpdir(), `millrace-${process.pid}-running`)
  for (const folder of [left, running]) mkdirSync(folder)
  setUp()()
  expect([left, running].map(folder => existsSync(folder))).toEqual([false, true])
})
