import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeDirectorySync } from '@millrace/runtime'
import { takeLock } from './directory-lock.ts'
import { runTool } from './java-process.ts'
import { outputFileOf } from './stack-state.ts'
import { writeWhole } from './text-file.ts'
import { SERVER_VERSIONS, type Software } from './versions.ts'
import { waitUntil } from './wait-until.ts'

const POMS = fileURLToPath(new URL('../servers', import.meta.url))
/** Shared by all stacks of this checkout. */
const CACHE = fileURLToPath(new URL('../../../.millrace/class-paths', import.meta.url))
const DEADLINE_MS = 15 * 60_000

export interface ClassPathOptions {
  /** Of the stack: Maven's output goes there. */
  readonly directory: string
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
  readonly cacheDirectory?: string
  /** The command that runs Maven. */
  readonly maven?: string
}

/**
 * The class path of each server out of the local Maven repository, which Maven fills where something is missing.
 * @throws StackError `tool_failed` with the last lines of Maven
 */
export async function resolveClassPaths(
  software: readonly Software[],
  options: ClassPathOptions,
): Promise<Map<Software, string>> {
  const { directory, signal, onProgress, cacheDirectory = CACHE, maven = 'mvn' } = options
  // Maven does not like to be two at its repository while that is being filled.
  const lock = await waitUntil(() => takeLock(path.join(cacheDirectory, 'lock')), {
    deadlineMs: DEADLINE_MS,
    what: 'another process to get the Java artifacts',
    signal,
  })
  try {
    return await resolveLocked(software, { directory, signal, onProgress, cacheDirectory, maven })
  } finally {
    lock.release()
  }
}

async function resolveLocked(
  software: readonly Software[],
  { directory, signal, onProgress, cacheDirectory, maven }: Required<ClassPathOptions>,
): Promise<Map<Software, string>> {
  const cacheFile = (name: Software) => path.join(cacheDirectory, `${name}-${hashOf(name)}.txt`)
  const found = new Map(software.map(name => [name, readCached(cacheFile(name))]))
  const missing = software.filter(name => found.get(name) === undefined)
  if (missing.length > 0) {
    onProgress(
      `Getting the Java artifacts of ${missing.join(', ')} with Maven (about 220 MB in all, once) … log: ${outputFileOf(directory, 'maven')}`,
    )
    const target = path.join(directory, 'maven')
    makeDirectorySync(target)
    const launch = {
      command: maven,
      arguments: [
        ...['-B', '-ntp', '-Dstyle.color=never', '-f', path.join(POMS, 'pom.xml'), '-pl', missing.join(',')],
        ...Object.entries(SERVER_VERSIONS).map(([name, version]) => `-D${name}.version=${version}`),
        `-Dclasspath.directory=${target}`,
        'dependency:build-classpath',
      ],
    }
    await runTool(directory, 'maven', { launch, deadlineMs: DEADLINE_MS, signal })
    for (const name of missing) {
      const classPath = readFileSync(path.join(target, `${name}.txt`), 'utf8').trim()
      writeWhole(cacheFile(name), classPath)
      found.set(name, classPath)
    }
  }
  return found as Map<Software, string>
}

/** The cached class path, unless a jar of it is gone. */
function readCached(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  const classPath = readFileSync(file, 'utf8')
  return classPath.split(path.delimiter).every(jar => existsSync(jar)) ? classPath : undefined
}

/** Differs when the poms or versions do. */
function hashOf(name: Software): string {
  const hash = createHash('sha256').update(JSON.stringify(SERVER_VERSIONS))
  for (const pom of ['pom.xml', `${name}/pom.xml`]) hash.update(readFileSync(path.join(POMS, pom)))
  return hash.digest('hex').slice(0, 16)
}
