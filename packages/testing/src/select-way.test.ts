import { describe, expect, it } from 'vitest'
import type { JavaFound } from './java-tools.ts'
import { parseJavaVersion } from './java-tools.ts'
import { selectWay, type WayProbe } from './select-way.ts'

const ALL = ['kafka', 'hadoop', 'cassandra'] as const
const watch = { onProgress: () => {}, signal: new AbortController().signal }
const java = (major: number): JavaFound => ({ command: `/jdk-${major}/bin/java`, major })

function machine(parts: { docker?: string | null; javas?: JavaFound[]; maven?: string | null }) {
  const asked: string[] = []
  const probe: WayProbe = {
    dockerProblem: async images => {
      asked.push(...images)
      return parts.docker === undefined ? 'no engine answers' : parts.docker
    },
    findJavas: async () => {
      asked.push('java')
      return parts.javas ?? []
    },
    mavenProblem: async () => parts.maven ?? null,
  }
  return { probe, asked }
}

const reasonOf = (selection: Promise<unknown>): Promise<string> =>
  selection.then(
    () => 'selected',
    error => (error.code === 'unavailable' ? error.message : `another error: ${error}`),
  )

describe('selectWay', () => {
  it('takes Docker where an engine has the images, and asks for those that are needed only', async () => {
    const { probe, asked } = machine({ docker: null, javas: [java(17)] })
    expect(await selectWay(['kafka'], { ...watch, probe })).toEqual({ way: 'docker' })
    expect(asked).toEqual([expect.stringMatching(/^apache\/kafka:\d+\.\d+\.\d+$/)])
  })

  it('falls back to Java, and says why', async () => {
    const { probe } = machine({ javas: [java(17)] })
    const said: string[] = []
    const onProgress = (line: string) => void said.push(line)
    expect(await selectWay(ALL, { ...watch, onProgress, probe })).toEqual({ way: 'java', java: java(17) })
    expect(said).toEqual(['Docker: no engine answers. Using Java processes instead of containers.'])
  })

  it('passes over a newer Java for the one that Cassandra needs', async () => {
    const { probe } = machine({ javas: [java(25), java(11), java(17)] })
    expect(await selectWay(ALL, { ...watch, probe })).toEqual({ way: 'java', java: java(17) })
    expect(await selectWay(['kafka', 'hadoop'], { ...watch, probe })).toEqual({ way: 'java', java: java(25) })
  })

  it('says of a wrong Java what was found and what is needed', async () => {
    const { probe } = machine({ javas: [java(25)] })
    const reason = await reasonOf(selectWay(ALL, { ...watch, probe }))
    expect(reason).toContain('Docker: no engine answers.')
    expect(reason).toMatch(/Java: found 25 \(\/jdk-25\/bin\/java\), but Cassandra [\d.]+ runs on Java 17 only/)
    expect(reason).not.toContain('Maven:')
    const old = machine({ javas: [java(11)] })
    expect(await reasonOf(selectWay(['kafka'], { ...watch, probe: old.probe }))).toContain('need Java 17 or newer')
  })

  it('names every part that is missing and what to install, and promises nothing', async () => {
    const { probe } = machine({ maven: '`mvn` was not found on the PATH' })
    const onProgress = () => {
      throw new Error('There is no way to tell of.')
    }
    const reason = await reasonOf(selectWay(ALL, { ...watch, onProgress, probe }))
    for (const part of [
      'Docker: ',
      'Java: `java` was not found',
      'Maven: `mvn` was not found',
      'apt install openjdk-17',
    ])
      expect(reason).toContain(part)
  })

  it('looks only at the way that is asked for', async () => {
    const { probe, asked } = machine({ docker: null, javas: [java(17)] })
    expect(await selectWay(ALL, { ...watch, probe, forced: 'java' })).toEqual({ way: 'java', java: java(17) })
    expect(asked).toEqual(['java'])
    const noDocker = machine({ javas: [java(17)] })
    const reason = await reasonOf(selectWay(ALL, { ...watch, probe: noDocker.probe, forced: 'docker' }))
    expect(reason).toContain('cannot be run in containers here, as was asked for. Docker: no engine answers.')
  })
})

describe('parseJavaVersion', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_392"', 8],
    ['openjdk version "25" 2025-09-16', 25],
    ['openjdk version "24-ea" 2025-03-18', 24],
    ['The operation couldn’t be completed. Unable to locate a Java Runtime.', null],
  ])('reads %s', (output, major) => {
    expect(parseJavaVersion(output)).toBe(major)
  })
})
