import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type LakeFormat, lakeFormats, temporaryFolder } from '@millrace/contracts'
import { waitUntil } from '@millrace/testing'
import { skipWithout } from '@millrace/testing/vitest'
import { afterEach, describe, expect, it } from 'vitest'
import { type ArchiveWorld, expected, makeArchiveWorld } from './archive-world.ts'
import { PARTITION, records, TOPIC } from './logged-records.ts'

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const worlds: ArchiveWorld[] = []
const children: ChildProcess[] = []
const newWorld = async (): Promise<ArchiveWorld> => {
  const world = await makeArchiveWorld()
  worlds.push(world)
  return world
}
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.all(worlds.splice(0).map(world => world.remove()))
})

/** Files of the lake by path, `_tmp` and `_manifests` too. */
async function filesOf(world: ArchiveWorld): Promise<string[]> {
  const root = join(world.directory, 'lake')
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
}

describe('archiver in a process of its own', () => {
  it.each<[LakeFormat, readonly number[]]>([
    ['ndjson.zst', [1, 3, 9]],
    ['daily-ndjson', [2, 5, 4]],
  ])('leaves every record exactly once in the lake when it is killed again and again (%s)', async (format, kills) => {
    const world = await newWorld()
    const total = kills.length * 250
    const seen = new Set<string>()
    const look = async (): Promise<number> => {
      const files = await filesOf(world)
      const data = files.filter(file => file.startsWith(`${TOPIC}/`))
      for (const file of seen) expect(data, 'a file that a reader saw').toContain(file)
      for (const file of data) seen.add(file)
      return files.length
    }
    const start = (): { child: ChildProcess; exited: Promise<number | null> } => {
      const child = spawn(process.execPath, [script('archiver-process.ts'), world.directory, String(total), format], {
        stdio: 'ignore',
      })
      children.push(child)
      return { child, exited: new Promise(resolve => child.once('exit', resolve)) }
    }
    for (const more of kills) {
      const before = await look()
      const { child, exited } = start()
      await waitUntil(async () => (await look()) >= before + more, {
        what: `${more} more files`,
        deadlineMs: 60_000,
        intervalMs: 1,
      })
      child.kill('SIGKILL')
      await exited
    }
    expect((await look()) > 0).toBe(true)
    const { exited } = start()
    expect(await exited).toBe(0)
    await look()
    const { rows, manifests } = await world.stored()
    expect(rows).toEqual(expected(records(0, total)))
    expect(manifests.at(-1)!.lastOffset).toBe(total - 1)
    await world.archiver().open(world.assignment())
    expect(await world.lake.list(temporaryFolder(TOPIC, PARTITION))).toEqual([])
  })
})

/** Whether this machine lets a test have a small file system of its own, which ends with its process. */
function smallDisks(): string | null {
  try {
    execFileSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return null
  } catch {
    return 'unshare and mount are not to be had here'
  }
}

describe('archiver without room on the disk', () => {
  const reason = smallDisks()
  it.for<[string, string]>(['lake', 'spool'].flatMap(place => lakeFormats.map(format => [place, format] as const)))(
    'says so, and goes on when there is room again (%s, %s)',
    async ([place, format], context) => {
      skipWithout(context, reason)
      const world = await newWorld()
      const small = join(world.directory, 'small')
      await mkdir(small)
      const command = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" "$3" "$1" "$4" "$5" "$6"'
      const parameters = [small, process.execPath, script('disk-full-process.ts'), world.directory, place, format]
      const { stdout } = await promisify(execFile)('unshare', ['-rm', 'sh', '-c', command, 'sh', ...parameters])
      const { done, errors, offsets } = JSON.parse(stdout) as {
        done: number
        errors: { code: string }[]
        offsets: number[]
      }
      expect(errors.length).toBeGreaterThan(0)
      for (const error of errors) {
        expect(error).toMatchObject({
          code: 'disk_full',
          retryable: true,
          message: expect.stringContaining('No space left'),
        })
      }
      expect(done).toBe(2000)
      expect(offsets).toEqual(Array.from({ length: 2000 }, (_, offset) => offset))
    },
  )
})
