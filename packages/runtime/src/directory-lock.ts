import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorFactory } from './errors.ts'
import type { Logger } from './logger.ts'
import { makeDirectory } from './make-directory.ts'
import { identify } from './process-identity.ts'
import { systemReason } from './system-reason.ts'

export const lockErrors = {
  directory_in_use: {
    message: '{directory} is in use by process {pid}: stop that one, or choose another directory.',
    retryable: false,
    kind: 'infrastructure',
  },
  directory_unusable: {
    message: '{directory} cannot be used: {reason}. Choose a directory in which this user may write.',
    retryable: false,
    kind: 'infrastructure',
  },
  processes_hidden: {
    message: '{directory} cannot be locked: the system does not show which processes run (/proc).',
    retryable: false,
    kind: 'infrastructure',
  },
} as const

const lockError = errorFactory('LockError', lockErrors)

const heldHere = new Set<string>()

interface Owner {
  readonly pid: number
  /** As in ProcessIdentity. Version 0.1 wrote `started` instead: only the ticks of Linux, or null. */
  readonly startTime?: string
  readonly started?: string | null
}

function isAlive({ pid, startTime, started }: Owner): boolean {
  const current = identify(pid)
  if (!current) return false
  if (startTime !== undefined) return current.startTime === startTime
  return typeof started !== 'string' || current.startTime.endsWith(`/${started}`)
}

function parseOwner(text: string): Owner | null {
  try {
    const owner = JSON.parse(text) as Owner | null
    return Number.isInteger(owner?.pid) ? owner : null
  } catch {
    return null
  }
}

/**
 * Makes this process the only user of a directory, which is made where it is missing, until the returned function is called; the lock of a process that is gone (also as a zombie) is taken over.
 * Processes that cannot see each other (two machines, two containers) are not kept apart.
 * @throws LockError `directory_in_use` with the pid of the live owner, `directory_unusable`, `processes_hidden`
 */
export async function lockDirectory(directory: string, logger: Logger): Promise<() => Promise<void>> {
  const path = await makeDirectory(directory)
    .then(() => realpath(directory))
    .catch((error: NodeJS.ErrnoException) => {
      throw lockError('directory_unusable', { directory, reason: systemReason(error) }, error)
    })
  if (heldHere.has(path)) throw lockError('directory_in_use', { directory, pid: process.pid })
  heldHere.add(path)
  const lock = join(path, 'lock')
  const draft = join(path, `lock.${process.pid}`)
  try {
    const own = identify(process.pid)
    if (!own) throw lockError('processes_hidden', { directory })
    await writeFile(draft, JSON.stringify(own)).catch((error: NodeJS.ErrnoException) => {
      throw lockError('directory_unusable', { directory, reason: systemReason(error) }, error)
    })
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
      if (owner && owner.pid !== process.pid && isAlive(owner))
        throw lockError('directory_in_use', { directory, pid: owner.pid })
      await removeStale(lock, text)
      logger.warn({ directory, pid: owner?.pid ?? null }, 'stale_lock_taken_over')
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
