import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A file system in memory, where Linux has one: the durable writes of the tests then do not wait for a disk. */
const IN_MEMORY = '/dev/shm'
/** More than a run of all tests has ever used. */
const NEEDED_BYTES = 6 * 2 ** 30
const NAME = /^millrace-(\d+)-/

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize >= NEEDED_BYTES
  } catch {
    return false
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Makes a folder for this process, and removes those of runs that were killed. */
function makeFolder(outer: string): string {
  for (const name of readdirSync(outer)) {
    const [, pid] = NAME.exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(path.join(outer, name), { recursive: true, force: true })
  }
  return mkdtempSync(path.join(outer, `millrace-${process.pid}-`))
}

/**
 * Global set-up of all tests: the system's folder for temporary files is one of this run, which is removed at its end with
 * everything that is left. Hooks of a test do not run where it is skipped or its process dies. A folder that was asked for by
 * TMPDIR holds it; else it is in memory where there is room. `TESTS_ON_DISK` is for what would fill the memory.
 */
export default function setUp(): () => void {
  const before = { TMPDIR: process.env.TMPDIR, TESTS_ON_DISK: process.env.TESTS_ON_DISK }
  const onDisk = makeFolder(tmpdir())
  const folder = before.TMPDIR === undefined && hasRoom(IN_MEMORY) ? makeFolder(IN_MEMORY) : onDisk
  Object.assign(process.env, { TMPDIR: folder, TESTS_ON_DISK: onDisk })
  return () => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    for (const each of [folder, onDisk]) rmSync(each, { recursive: true, force: true })
  }
}
