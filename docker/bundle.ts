import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { build } from 'esbuild'

/** Packages that stay as they are: native code, or source that is not valid in a module. */
const UNBUNDLED = ['@duckdb/node-api', 'webhdfs']
/** Files that a bundled package reads at run time, by package: where they are, and where its bundled code looks for them. */
const ASSETS: Readonly<Record<string, { readonly from: string; readonly to: string }>> = {
  '@fastify/swagger-ui': { from: 'static', to: 'static' },
  '@platformatic/wasm-utils': { from: 'dist/native.wasm', to: 'dist/native.wasm' },
}
/** What cassandra-driver and pino load only where a user has installed it. */
const OPTIONAL = ['kerberos', 'pino-pretty']
/** Bundled CommonJS modules expect these names. */
const BANNER = `import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)
const __dirname = import.meta.dirname
const __filename = import.meta.filename`

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest

/** Folder of a package as `from` would load it, or null. */
function locate(name: string, from: string): string | null {
  for (const folder of createRequire(path.join(from, 'x.js')).resolve.paths(name) ?? []) {
    const found = path.join(folder, name)
    if (existsSync(path.join(found, 'package.json'))) return realpathSync(found)
  }
  return null
}

/** Copies a package and all that it depends on into `target`; native parts of other machines than the image's are left out. */
function copyWithDependencies(name: string, from: string, target: string, copied = new Map<string, string>()): void {
  const folder = locate(name, from)
  if (!folder) throw new Error(`${name} is needed by ${from} and is not installed.`)
  const { version, dependencies = {}, optionalDependencies = {} } = readManifest(folder)
  const known = copied.get(name)
  if (known === version) return
  if (known !== undefined) throw new Error(`${name} is needed in two versions, ${known} and ${version}.`)
  copied.set(name, version)
  cpSync(folder, path.join(target, name), {
    recursive: true,
    dereference: true,
    filter: source => !source.slice(folder.length).includes('node_modules'),
  })
  for (const dependency of Object.keys(dependencies)) copyWithDependencies(dependency, folder, target, copied)
  for (const dependency of Object.keys(optionalDependencies))
    if (locate(dependency, folder)) copyWithDependencies(dependency, folder, target, copied)
}

/**
 * Bundles a service into `target`: `lib/main.mjs`, and beside it what cannot be bundled.
 * @param service folder of the service
 */
export async function bundleService(service: string, target: string): Promise<void> {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  const { metafile } = await build({
    entryPoints: [path.join(service, 'src/main.ts')],
    outfile: path.join(target, 'lib/main.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    metafile: true,
    legalComments: 'linked',
    logLevel: 'warning',
    external: [...UNBUNDLED, ...OPTIONAL],
    banner: { js: BANNER },
  })
  const inputs = Object.entries(metafile.inputs)
  for (const name of UNBUNDLED) {
    const user = inputs.find(([, input]) => input.imports.some(({ path: imported }) => imported === name))
    if (user) copyWithDependencies(name, path.dirname(path.resolve(user[0])), path.join(target, 'node_modules'))
  }
  for (const [name, { from, to }] of Object.entries(ASSETS)) {
    const user = inputs.find(([file]) => file.includes(`/node_modules/${name}/`))?.[0]
    if (user) {
      const folder = user.slice(0, user.indexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length)
      cpSync(path.join(folder, from), path.join(target, to), { recursive: true })
    }
  }
}
