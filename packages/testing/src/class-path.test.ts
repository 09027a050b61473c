import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resolveClassPaths } from './class-path.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'millrace-class-path-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A Maven that "resolves" two jars for each module that it is asked for, and keeps a list of its calls. */
function fakeMaven(end = 'exit 0'): string {
  const file = path.join(folder, 'mvn')
  writeFileSync(
    file,
    `#!/bin/sh
echo "$*" >> ${folder}/calls
for argument in "$@"; do
  case "$argument" in
    -Dclasspath.directory=*) target=\${argument#*=} ;;
    kafka*|hadoop*) modules=$(echo "$argument" | tr , ' ') ;;
  esac
done
for module in $modules; do
  touch ${folder}/$module-1.jar ${folder}/$module-2.jar
  echo "${folder}/$module-1.jar:${folder}/$module-2.jar" > "$target/$module.txt"
done
echo "cannot find the artifact" >&2
${end}
`,
  )
  chmodSync(file, 0o755)
  return file
}

const calls = () => readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n')
const jarsOf = (name: string) => `${folder}/${name}-1.jar:${folder}/${name}-2.jar`
const resolve = (software: ('kafka' | 'hadoop')[], maven: string) =>
  resolveClassPaths(software, {
    ...{ directory: path.join(folder, 'stack'), cacheDirectory: path.join(folder, 'cache'), maven },
    ...{ signal: new AbortController().signal, onProgress: () => {} },
  })

describe('resolveClassPaths', () => {
  it('asks Maven once for each class path, with the pinned versions', async () => {
    const maven = fakeMaven()
    expect(await resolve(['kafka'], maven)).toEqual(new Map([['kafka', jarsOf('kafka')]]))
    const both = await resolve(['kafka', 'hadoop'], maven)
    expect([both.get('kafka'), both.get('hadoop')]).toEqual([jarsOf('kafka'), jarsOf('hadoop')])
    await resolve(['hadoop', 'kafka'], maven)
    expect(calls()).toHaveLength(2)
    expect(calls()[1]).toMatch(/-pl hadoop -Dkafka\.version=\d+\.\d+\.\d+ -Dhadoop\.version=\d/)
  })

  it('asks again when a jar is gone', async () => {
    const maven = fakeMaven()
    await resolve(['kafka'], maven)
    rmSync(path.join(folder, 'kafka-2.jar'))
    await resolve(['kafka'], maven)
    expect(calls()).toHaveLength(2)
  })

  it('says how Maven failed, and keeps nothing of it', async () => {
    await expect(resolve(['kafka'], fakeMaven('exit 3'))).rejects.toMatchObject({
      code: 'tool_failed',
      message: expect.stringMatching(/maven failed \(exit 3\)[\s\S]*cannot find the artifact/),
    })
    await resolve(['kafka'], fakeMaven())
    expect(calls()).toHaveLength(2)
  })

  it('says that Maven is not there', async () => {
    await expect(resolve(['kafka'], path.join(folder, 'no-such-mvn'))).rejects.toThrow(/maven failed \(.*ENOENT/)
  })

  it('lets one of two at a time at Maven', async () => {
    const maven = fakeMaven('sleep 0.3')
    await Promise.all([resolve(['kafka'], maven), resolve(['kafka'], maven)])
    expect(calls()).toHaveLength(1)
  })
})
