// Whether the workspace is installed as its files say. Runs on any Node >= 20 before anything is installed, so without packages.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const STAMP = 'node_modules/.millrace-installed'
const DEPENDENCIES = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']

/** The Node that the workspace brings. */
export const nodeOf = root => path.join(root, 'node_modules/node/bin/node')

const readIfThere = file => (existsSync(file) ? readFileSync(file, 'utf8') : null)

export const lockFileOf = root => readIfThere(path.join(root, 'pnpm-lock.yaml'))

/** Folders of the packages, the root first, by the patterns of pnpm-workspace.yaml: `docker` or `packages/*`. */
function packageFolders(root) {
  const [, list = ''] =
    /^packages:\n((?:[ #].*\n|\n)*)/m.exec(readFileSync(path.join(root, 'pnpm-workspace.yaml'), 'utf8')) ?? []
  const patterns = [...list.matchAll(/^ +- +["']?([^"'\n]+?)["']? *$/gm)].map(match => match[1])
  const folders = patterns.flatMap(pattern => {
    if (!/[*!]/.test(pattern)) return [pattern]
    const parent = pattern.slice(0, -'/*'.length)
    if (`${parent}/*` !== pattern || parent.includes('*'))
      throw new Error(`pnpm-workspace.yaml: scripts/workspace-install.mjs cannot read the pattern "${pattern}".`)
    if (!existsSync(path.join(root, parent))) return []
    return readdirSync(path.join(root, parent)).map(name => `${parent}/${name}`)
  })
  // A folder that git removed keeps its node_modules.
  return ['.', ...folders.filter(folder => existsSync(path.join(root, folder, 'package.json'))).sort()]
}

/** What decides which links there are: of a package.json its name and dependencies, of other files all. */
function digestOf(root, packages) {
  const patches = path.join(root, 'patches')
  const files = existsSync(patches)
    ? readdirSync(patches)
        .sort()
        .map(name => `patches/${name}`)
    : []
  const texts = ['pnpm-workspace.yaml', 'pnpm-lock.yaml', ...files].map(file => [
    file,
    readIfThere(path.join(root, file)),
  ])
  const manifests = packages.map(({ folder, manifest }) => [
    folder,
    manifest.name,
    DEPENDENCIES.map(kind => Object.entries(manifest[kind] ?? {}).sort()),
  ])
  return createHash('sha256')
    .update(JSON.stringify([texts, manifests]))
    .digest('hex')
}

function readPackages(root) {
  return packageFolders(root).map(folder => {
    const file = path.join(root, folder, 'package.json')
    try {
      return { folder, manifest: JSON.parse(readFileSync(file, 'utf8')) }
    } catch (error) {
      throw new Error(`${file} cannot be read: ${error.message}`)
    }
  })
}

/** Whether the last install was of these files, and every dependency of every package is still where it was put. */
export function isInstalled(root) {
  const packages = readPackages(root)
  if (!existsSync(nodeOf(root)) || readIfThere(path.join(root, STAMP)) !== digestOf(root, packages)) return false
  return packages.every(({ folder, manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).every(name =>
      existsSync(path.join(root, folder, 'node_modules', name)),
    ),
  )
}

/** Notes that the workspace is installed as its files say now. */
export function markInstalled(root) {
  const stamp = path.join(root, STAMP)
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, digestOf(root, readPackages(root)))
}
