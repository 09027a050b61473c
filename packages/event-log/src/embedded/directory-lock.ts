import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@millrace/runtime'
import { logError } from '../errors.ts'

const heldHere = new Set<string>()

interface Owner {
  readonly pid: number
  /** When the process began, where the system tells (Linux): a pid is used again, this pair is not. */
  readonly started: string | null
}

async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null)
  // Field 22; the second field is the command in parentheses, which may hold spaces.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return owner.started === null || owner.started === (await startOf(owner.pid))
}

function parseOwner(text: string): Owner | null {
  try {
    const owner = JSON.parse(text) as Partial<Owner>
    return Number.isInteger(owner.pid) ? { pid: owner.pid!, started: owner.started ?? null } : null
  } catch {
    return null
  }
}

/**
 * Makes this process the only user of a directory until the returned function is called; the lock of a dead process is taken over.
 * Processes that cannot see each other (two machines, two containers) are not kept apart.
 * @throws log_locked with the pid of the live owner
 */
export async function lockDirectory(directory: string, logger: Logger): Promise<() => Promise<void>> {
  const path = await realpath(directory)
  if (heldHere.has(path)) throw logError('log_locked', { directory, pid: process.pid })
  heldHere.add(path)
  const lock = join(path, 'lock')
  const draft = join(path, `lock.${process.pid}`)
  try {
    const own = JSON.stringify({ pid: process.pid, started: await startOf(process.pid) })
    await writeFile(draft, own)
    for (;;) {
      try {
        await link(draft, lock)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const text = await readFile(lock, 'utf8').catch(() => null)
      if (text === null) continue
      const owner = parseOwner(text)
      if (owner && owner.pid !== process.pid && (await isAlive(owner)))
        throw logError('log_locked', { directory, pid: owner.pid })
      await removeStale(lock, text)
      logger.warn({ directory, pid: owner?.pid ?? null }, 'stale_log_lock_taken_over')
    }
  } catch (error) {
    heldHere.delete(path)
    throw error
  } finally {
    await rm(draft, { force: true })
  }
  return async () => {
    await rm(lock, { force: true })
    heldHere.delete(path)
  }
}

/** Removes the lock if it still says `text`; another process may have replaced it in the meantime, then it is put back. */
async function removeStale(lock: string, text: string): Promise<void> {
  const aside = `${lock}.stale.${process.pid}`
  try {
    await rename(lock, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, lock).catch(() => {})
  await rm(aside, { force: true })
}
