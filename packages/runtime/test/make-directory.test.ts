import { existsSync, globSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDirectory, makeDirectorySync } from '../src/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'make-directory-'))
  writeFileSync(path.join(folder, 'file'), '')
  symlinkSync('loop', path.join(folder, 'loop'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each([
  ['makeDirectory', makeDirectory],
  ['makeDirectorySync', async (directory: string) => makeDirectorySync(directory)],
])('%s', (name, make) => {
  it('makes a folder with those above it, again and by several at a time', async () => {
    const deep = path.join(folder, name, 'a/b/c')
    await Promise.all([make(deep), make(deep), make(path.dirname(deep))])
    await make(deep)
    expect(statSync(deep).isDirectory()).toBe(true)
  })

  it.each([
    ['in the place of a file', 'file', 'EEXIST'],
    ['below a file', 'file/a/b', 'ENOTDIR'],
    ['with a name that is too long', `${'x'.repeat(300)}/a`, 'ENAMETOOLONG'],
    ['below a link to itself', 'loop/a', 'ELOOP'],
    ...(existsSync('/proc/self') ? [['below /proc', '/proc/a/b', 'ENOENT']] : []),
  ])('throws what the system says %s', async (_, directory, code) => {
    await expect(make(path.resolve(folder, directory!))).rejects.toMatchObject({ code })
  })
})

it('is the one way in which the platform makes folders, for Node never ends below /proc', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const files = globSync(['packages/*/src/**/*.ts', 'packages/domains/*/**/*.ts', 'services/*/src/**/*.ts'], {
    cwd: root,
  }).filter(file => !/\.test\.ts$|\/(bench|node_modules)\//.test(file))
  const recursive = files.filter(file =>
    /\bmkdir(?:Sync)?\([^;]*?recursive: true/.test(readFileSync(path.join(root, file), 'utf8')),
  )
  expect(files.length).toBeGreaterThan(100)
  expect(recursive).toEqual([])
})
