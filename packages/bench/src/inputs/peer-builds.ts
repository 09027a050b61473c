import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PEERS = fileURLToPath(new URL('../../peers', import.meta.url))
const CACHE = fileURLToPath(new URL('../../../../.millrace/bench/peers', import.meta.url))
const DEADLINE_MS = 15 * 60_000

export type JavaPeer = 'kafka-streams' | 'vertx-gateway'

/** The files of a folder, by their path in it. */
const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)))
    .sort()

async function runTool(command: string, given: readonly string[]): Promise<void> {
  try {
    await run(command, [...given], { timeout: DEADLINE_MS, maxBuffer: 1 << 26 })
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    const tail = (stdout + stderr).trim().split('\n').slice(-20).join('\n')
    throw new Error(`${command} failed: ${message.split('\n')[0]}\n${tail}`)
  }
}

async function runMaven(name: string, to: string, goals: readonly string[]): Promise<string> {
  const pom = path.join(PEERS, name, 'pom.xml')
  await runTool('mvn', ['-B', '-ntp', '-q', '-Dstyle.color=never', '-f', pom, `-Dbuild.to=${to}`, ...goals])
  return readFileSync(path.join(to, 'class-path.txt'), 'utf8').trim()
}

/** A folder of the cache for what is made of these files of a peer as they are now; those of former versions go. */
function folderOf(name: string, files: readonly string[], prefix = name): string {
  mkdirSync(CACHE, { recursive: true })
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(path.join(PEERS, name, file)))
  const folder = `${prefix}-${hash.digest('hex').slice(0, 12)}`
  for (const other of readdirSync(CACHE))
    if (other.startsWith(`${prefix}-`) && other !== folder) rmSync(path.join(CACHE, other), { recursive: true })
  return path.join(CACHE, folder)
}

const areThere = (files: string): boolean => files.split(path.delimiter).every(file => existsSync(file))

/** Compiles a peer where that is not done yet. @returns its class path */
export async function buildJavaPeer(name: JavaPeer): Promise<string> {
  const folder = folderOf(name, filesOf(path.join(PEERS, name)))
  const jar = path.join(folder, 'peer.jar')
  const list = path.join(folder, 'class-path.txt')
  const known = existsSync(list) ? readFileSync(list, 'utf8').trim() : ''
  if (existsSync(jar) && known !== '' && areThere(known)) return `${jar}${path.delimiter}${known}`
  const classPath = await runMaven(name, folder, ['package', 'dependency:build-classpath'])
  return `${jar}${path.delimiter}${classPath}`
}

export type PythonPeer = 'spark' | 'flink'

export interface PythonBuild {
  readonly python: string
  /** Of the Kafka connector, with what it needs. */
  readonly jars: readonly string[]
}

/** Gets a peer's packages into an environment of its own and the jars of its Kafka connector, where that is not done yet. */
export async function buildPythonPeer(name: PythonPeer): Promise<PythonBuild> {
  const jarsFolder = folderOf(name, ['pom.xml'])
  const list = path.join(jarsFolder, 'class-path.txt')
  const known = existsSync(list) ? readFileSync(list, 'utf8').trim() : ''
  const jars =
    known !== '' && areThere(known) ? known : await runMaven(name, jarsFolder, ['dependency:build-classpath'])
  return { python: await installPackages(name), jars: jars.split(path.delimiter) }
}

async function installPackages(name: PythonPeer): Promise<string> {
  const folder = folderOf(name, ['requirements.txt'], `py${name}`)
  const python = path.join(folder, 'bin/python')
  const isInstalled = path.join(folder, 'installed')
  if (existsSync(isInstalled)) return python
  rmSync(folder, { recursive: true, force: true })
  await runTool('python3', ['-m', 'venv', folder])
  const requirements = path.join(PEERS, name, 'requirements.txt')
  await runTool(python, ['-m', 'pip', 'install', '--no-cache-dir', '--requirement', requirements])
  mkdirSync(isInstalled)
  return python
}
