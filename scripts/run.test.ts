import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const INSTALLING = 'Installing the workspace'
const scripts = fileURLToPath(new URL('.', import.meta.url))
let root: string

const write = (file: string, content: unknown): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
  writeFileSync(path.join(root, file), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o755 })
}
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const remove = (file: string): void => rmSync(path.join(root, file), { recursive: true })
const link = (from: string, to: string): void => write(`${from}/node_modules/${to}/index.js`, '')

/** Runs a task of the workspace in a folder; its install is `installer`, a shell script. */
function run(
  env: Record<string, string> = {},
  installer = '',
  { task = 'biome', cwd = root } = {},
): { status: number | null; said: string; install: string } {
  write('bin/npx', `#!/bin/sh\necho "$*" > "${root}/npx-arguments"\n${installer}\n`)
  write('npx-arguments', '')
  const result = spawnSync(process.execPath, [path.join(root, 'scripts/run.mjs'), task], {
    cwd,
    encoding: 'utf8',
    env: { PATH: `${root}/bin:${process.env.PATH}`, ...env },
  })
  return { status: result.status, said: result.stdout + result.stderr, install: read('npx-arguments').trim() }
}

/** A small workspace that is installed. */
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'workspace-'))
  for (const file of ['run.mjs', 'workspace-install.mjs'])
    cpSync(path.join(scripts, file), path.join(root, 'scripts', file))
  write('pnpm-workspace.yaml', 'packages:\n  - packages/*\n  # images\n  - "docker"\noverrides:\n  a: 1\n')
  write('pnpm-lock.yaml', 'lock 1\n')
  write('patches/a.patch', 'patch 1\n')
  write('package.json', { name: 'root', devDependencies: { tool: '1' } })
  write('packages/one/package.json', { name: 'one', exports: './a.ts', dependencies: { two: 'workspace:*' } })
  write('packages/two/package.json', { name: 'two' })
  write('docker/package.json', { name: 'docker' })
  link('.', 'tool')
  link('packages/one', 'two')
  write('node_modules/@biomejs/biome/bin/biome', 'console.log("linted")')
  mkdirSync(path.join(root, 'node_modules/node/bin'), { recursive: true })
  symlinkSync(process.execPath, path.join(root, 'node_modules/node/bin/node'))
  expect(run()).toMatchObject({ status: 0, install: expect.stringContaining('install') })
})
afterEach(() => rmSync(root, { recursive: true }))

describe('npm run', () => {
  it('installs nothing when nothing changed', () => {
    expect(run()).toEqual({ status: 0, said: 'linted\n', install: '' })
  })

  it('names the command that corrects the format when the check of it fails', () => {
    write('node_modules/@biomejs/biome/bin/biome', 'process.exit(3)')
    for (const task of ['check', 'test'])
      expect(run({}, '', { task })).toMatchObject({ status: 3, said: expect.stringContaining('npm run format') })
    expect(run()).toEqual({ status: 3, said: '', install: '' })
  })

  it.each<[string, () => void]>([
    ['a new package', () => write('packages/three/package.json', { name: 'three' })],
    ['a package that is gone', () => remove('packages/two')],
    [
      'a package that is gone but for its node_modules',
      () => {
        link('packages/two', 'tool')
        remove('packages/two/package.json')
      },
    ],
    ['another name', () => write('packages/two/package.json', { name: 'zwei' })],
    ['a new dependency', () => write('docker/package.json', { name: 'docker', devDependencies: { tool: '1' } })],
    ['another version', () => write('package.json', { name: 'root', devDependencies: { tool: '2' } })],
    ['another lock file', () => write('pnpm-lock.yaml', 'lock 2\n')],
    ['another patch', () => write('patches/a.patch', 'patch 2\n')],
    ['other settings', () => write('pnpm-workspace.yaml', `${read('pnpm-workspace.yaml')}  b: 2\n`)],
    ['a link that is gone', () => remove('packages/one/node_modules')],
    ['a link of a development dependency that is gone', () => remove('node_modules/tool')],
  ])('installs after %s, once', (_, change) => {
    change()
    const links = ['node_modules/tool', 'packages/one/node_modules/two', 'docker/node_modules/tool']
    const installer = `cd ${root} && mkdir -p ${links.join(' ')}`
    const first = run({}, installer)
    expect(first).toMatchObject({ status: 0, said: expect.stringContaining(INSTALLING) })
    expect(first.install).toContain('install --no-frozen-lockfile --prefer-offline')
    expect(run()).toEqual({ status: 0, said: 'linted\n', install: '' })
  })

  it('does not install for what does not change links', () => {
    write('packages/one/package.json', { name: 'one', exports: './b.ts', dependencies: { two: 'workspace:*' } })
    write('packages/one/src/new.ts', '')
    expect(run()).toMatchObject({ status: 0, install: '' })
  })

  it('says when the install changed the lock file, and counts that as installed', () => {
    write('packages/three/package.json', { name: 'three' })
    expect(run({}, `echo lock 2 > ${root}/pnpm-lock.yaml`).said).toContain(
      'pnpm-lock.yaml was brought up to date: commit it.',
    )
    expect(run().install).toBe('')
  })

  it('leaves the lock file alone on CI, and says what to do where it does not fit', () => {
    write('packages/three/package.json', { name: 'three' })
    const refused = run({ CI: 'true' }, 'echo ERR_PNPM_OUTDATED_LOCKFILE; exit 1')
    expect(refused).toMatchObject({ status: 1, install: expect.stringMatching(/install --frozen-lockfile$/) })
    expect(refused.said).toContain('pnpm-lock.yaml does not fit the package.json files')
    expect(run().install).not.toBe('')
  })

  it('tries again after an install that failed', () => {
    write('packages/three/package.json', { name: 'three' })
    expect(run({}, 'exit 1')).toMatchObject({ status: 1, said: expect.stringContaining('Run it again') })
    expect(run().install).not.toBe('')
  })

  it('fails as its command does', () => {
    write('node_modules/@biomejs/biome/bin/biome', 'process.exit(7)')
    expect(run().status).toBe(7)
  })

  it('runs millrace in the folder where it is called, and other commands in the workspace', () => {
    write('node_modules/@biomejs/biome/bin/biome', 'console.log(process.cwd())')
    write('services/all-in-one/src/cli/main.ts', 'console.log(process.cwd())')
    const cwd = path.join(root, 'docker')
    expect(run({}, '', { cwd }).said).toBe(`${realpathSync(root)}\n`)
    expect(run({}, '', { cwd, task: 'millrace' }).said).toBe(`${realpathSync(cwd)}\n`)
  })

  it('refuses a pattern of packages that it cannot read', () => {
    write('pnpm-workspace.yaml', 'packages:\n  - packages/**\n')
    expect(run()).toMatchObject({ status: 1, said: expect.stringContaining('cannot read the pattern "packages/**"') })
  })
})
