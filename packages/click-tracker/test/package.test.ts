import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { parse } from 'acorn'
import { expect, it } from 'vitest'
import { generatedFiles, root } from '../scripts/build.ts'
import { findChromium } from './find-chromium.ts'

const run = promisify(execFile)
const MAX_GZIPPED_BYTES = 3 * 1024

it('has the built files that its source gives', async () => {
  for (const [file, text] of await generatedFiles())
    expect(await readFile(path.join(root, file), 'utf8'), `${file}: run "npm run generate"`).toBe(text)
})

it('has a script of at most 3 kB gzipped, in the language of 2018, that brings nothing and names only itself', async () => {
  const script = await readFile(path.join(root, 'dist/v1.js'), 'utf8')
  expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIPPED_BYTES)
  expect(() => parse(script, { ecmaVersion: 2018, sourceType: 'script' })).not.toThrow()
  expect(() => parse(script.replace('=>', '?.=>'), { ecmaVersion: 2018 })).toThrow()
  expect(script).not.toMatch(/\b(?:cookie|eval|import|require)\b/)
  const { dependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
  expect(dependencies).toBeUndefined()
})

it('keeps the script of a release among those that the gateway serves', async () => {
  const files = await generatedFiles({ isRelease: true })
  const released = [...files.keys()].filter(name => name.startsWith('released/'))
  expect(released).toHaveLength(1)
  expect(files.get(released[0]!)).toBe(files.get('dist/v1.js'))
})

it('is packed as a package that can be imported, also on a server, with types', async () => {
  const folder = temporaryDirectory('package')
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  const [{ filename, files }] = JSON.parse(stdout)
  expect(files.map(({ path }: { path: string }) => path).toSorted()).toEqual([
    'README.md',
    'dist/index.js',
    'dist/v1.js',
    'package.json',
    'types/index.d.ts',
  ])
  await run('npm', ['init', '-y'], { cwd: folder })
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', path.join(folder, filename)], { cwd: folder })
  await writeFile(
    path.join(folder, 'page.mts'),
    `import { consent, identify, init, variant } from '@millrace/click-tracker'
init({ endpoint: 'https://events.shop.example', key: 'mb_x', consent: true })
consent(false)
identify(null)
variant('B')
// @ts-expect-error a key is needed
init({ endpoint: '' })
console.log(import.meta.resolve('@millrace/click-tracker/v1.js').endsWith('dist/v1.js'))
`,
  )
  const workspace = path.join(root, '../..')
  await run(
    process.execPath,
    [
      path.join(workspace, 'node_modules/typescript/bin/tsc'),
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--types',
      '',
      'page.mts',
    ],
    { cwd: folder },
  ).catch(error => expect(error.stdout).toBe(''))
  const server = await run(process.execPath, ['page.mts'], { cwd: folder })
  expect(server.stdout).toBe('true\n')
})

it('is tested in the Chromium that is set, else in one of the PATH, or says that there is none', async () => {
  expect(findChromium({ MILLRACE_CHROMIUM: process.execPath }).file).toBe(process.execPath)
  expect(findChromium({ MILLRACE_CHROMIUM: '/none' }).reason).toBe('MILLRACE_CHROMIUM is /none, which is not a program')
  expect(findChromium({ PATH: '/none' }).reason).toMatch(/no Chromium is on the PATH \(chromium, .*MILLRACE_CHROMIUM/)
})
