import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface JavaFound {
  /** Path or name of the `java` to run. */
  readonly command: string
  readonly major: number
}

/** The feature release that `java -version` names: 17 for "17.0.15", 8 for "1.8.0_392"; null where it names none. */
export function parseJavaVersion(output: string): number | null {
  const match = /version "(?:1\.)?(\d+)/.exec(output)
  return match ? Number(match[1]) : null
}

/** Every Java of this machine that answers: of JAVA_HOME, of the PATH, then of the usual folders, newest first. */
export async function findJavas(variables: Readonly<Record<string, string | undefined>>): Promise<JavaFound[]> {
  const home = variables.JAVA_HOME
  const commands = [...(home ? [path.join(home, 'bin/java')] : []), 'java', ...installedJavas()]
  const found: JavaFound[] = []
  for (const command of commands) {
    const major = await versionOf(command)
    if (major !== null && !found.some(java => java.command === command)) found.push({ command, major })
  }
  return found
}

function installedJavas(): string[] {
  const homes = [
    ...list('/usr/lib/jvm').map(folder => folder),
    ...list('/Library/Java/JavaVirtualMachines').map(folder => path.join(folder, 'Contents/Home')),
    ...list('/opt/homebrew/opt').filter(folder => path.basename(folder).startsWith('openjdk')),
  ]
  return homes.map(folder => path.join(folder, 'bin/java')).filter(existsSync)
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .reverse()
      .map(name => path.join(folder, name))
  } catch {
    return []
  }
}

async function versionOf(command: string): Promise<number | null> {
  try {
    const { stdout, stderr } = await run(command, ['-version'], { timeout: 20_000 })
    return parseJavaVersion(stderr + stdout)
  } catch {
    return null
  }
}

/** Whether Maven can be called: null, or why not. */
export async function mavenProblem(): Promise<string | null> {
  try {
    await run('mvn', ['--version'], { timeout: 30_000 })
    return null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '`mvn` was not found on the PATH'
    return `\`mvn --version\` failed: ${firstLine(error)}`
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n').slice(0, 2).join(' ')
