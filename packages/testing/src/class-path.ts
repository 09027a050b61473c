import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTool } from './java-process.ts'
import { outputFileOf } from './stack-state.ts'
import { writeWhole } from './text-file.ts'
import { SERVER_VERSIONS, type Software } from './versions.ts'

const POMS = fileURLToPath(new URL('../servers', import.meta.url))
/** Shared by all stacks of this checkout. */
const CACHE = fileURLToPath(new URL('../../../.millrace/class-paths', import.meta.url))
const DEADLINE_MS = 15 * 60_000

/**
 * The class path of each server out of the local Maven repository, which Maven fills where something is missing.
 * @param directory of the stack, where Maven's output goes
 */
export async function resolveClassPaths(
  software: readonly Software[],
  { directory, signal, onProgress }: { directory: string; signal: AbortSignal; onProgress: (line: string) => void },
): Promise<Map<Software, string>> {
  const found = new Map(software.map(name => [name, readCached(name)]))
  const missing = software.filter(name => found.get(name) === undefined)
  if (missing.length > 0) {
    onProgress(
      `Getting the Java artifacts of ${missing.join(', ')} with Maven (about 220 MB in all, once) … log: ${outputFileOf(directory, 'maven')}`,
    )
    const target = path.join(directory, 'maven')
    mkdirSync(target, { recursive: true })
    const launch = {
      command: 'mvn',
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

/** The cached class path, unless the poms or versions changed since or a jar of it is gone. */
function readCached(name: Software): string | undefined {
  const file = cacheFile(name)
  if (!existsSync(file)) return undefined
  const classPath = readFileSync(file, 'utf8')
  return classPath.split(path.delimiter).every(jar => existsSync(jar)) ? classPath : undefined
}

function cacheFile(name: Software): string {
  const hash = createHash('sha256').update(JSON.stringify(SERVER_VERSIONS))
  for (const pom of ['pom.xml', `${name}/pom.xml`]) hash.update(readFileSync(path.join(POMS, pom)))
  return path.join(CACHE, `${name}-${hash.digest('hex').slice(0, 16)}.txt`)
}
