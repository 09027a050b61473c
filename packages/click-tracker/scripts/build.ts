import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { web } from '@millrace/domains/web/contract'
import { build } from 'esbuild'
import { minify } from 'terser'

export const root = fileURLToPath(new URL('..', import.meta.url))
const released = path.join(root, 'released')

/** The script of the newest syntax that it may have: browsers of 2018 and later read it. */
const TARGET = 2018

/** Bundles an entry of `src` and everything that it imports, minified. */
async function bundle(entry: string, format: 'iife' | 'esm'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(root, 'src', entry)],
    bundle: true,
    minify: true,
    format,
    target: `es${TARGET}`,
    legalComments: 'none',
    define: { EVENTS_PATH: JSON.stringify(web.topics.raw.route?.path) },
    write: false,
  })
  // esbuild minifies file by file. This goes over the whole, which saves another 8 %.
  const { code } = await minify(outputFiles[0]?.text.replace(/^"use strict";/, '') ?? '', {
    ecma: TARGET,
    module: format === 'esm',
    toplevel: true,
    compress: { passes: 3, unsafe: true, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
  })
  if (code === undefined) throw new Error(`The bundle of ${entry} is empty.`)
  return `${code}\n`
}

/** Every generated file of the package, by its path below the package. @param isRelease keeps the script among the released ones */
export async function generatedFiles({ isRelease = false } = {}): Promise<ReadonlyMap<string, string>> {
  const script = await bundle('script.ts', 'iife')
  const earlier = readdirSync(released)
    .filter(name => name.endsWith('.js'))
    .sort()
    .map(name => readFileSync(path.join(released, name), 'utf8'))
    .filter(text => text !== script)
  const list = [script, ...earlier].map(text => `  ${JSON.stringify(text)},\n`).join('')
  return new Map([
    ['dist/v1.js', script],
    ['dist/index.js', await bundle('index.ts', 'esm')],
    [
      'builds.generated.ts',
      `// Generated from src by \`npm run generate\`.\n/** The script, and after it those of earlier releases. */\nexport const trackerBuilds: readonly [string, ...string[]] = [\n${list}]\n`,
    ],
    ...(isRelease ? [[`released/v1-${hash('sha256', script).slice(0, 16)}.js`, script] as const] : []),
  ])
}
