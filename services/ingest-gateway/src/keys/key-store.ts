import { stat } from 'node:fs/promises'
import { type Clock, type Component, type Logger, nearest } from '@millrace/runtime'
import { createKeyRing, type KeyRing } from './api-key.ts'
import { readKeyFile } from './read-key-file.ts'

export interface KeyStoreOptions {
  readonly file: string
  /** Topics that clients may write: a key that names another one is logged. */
  readonly topics: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
  /** How often the file is checked for changes, ms. Polling works with every way of replacing it: in place, by rename, by a swapped symlink. */
  readonly pollMs?: number
}

export interface KeyStore extends KeyRing {
  /** What is wrong with the file that is there now; the last good one stays in force. Null when the file is valid. */
  problem(): string | null
}

/**
 * The keys of a file, read again whenever the file changes. A file that is missing or broken stops the start, and later keeps the last good keys.
 */
export function createKeyStore(options: KeyStoreOptions): Component & KeyStore {
  const { file, topics: known, clock, logger, pollMs = 2_000 } = options
  let ring = createKeyRing([])
  let problem: string | null = null
  let seen = ''
  const stopped = new AbortController()
  let watching: Promise<void> = Promise.resolve()

  async function fingerprint(): Promise<string> {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
      return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
    } catch (error) {
      return `none: ${(error as NodeJS.ErrnoException).code}`
    }
  }

  async function load(): Promise<void> {
    const { keys } = await readKeyFile(file, repair => logger.warn({ file, repair }, 'key_repaired'))
    ring = createKeyRing(keys)
    problem = null
    const live = keys.filter(key => key.revokedAt === undefined)
    for (const { id, topics } of live)
      for (const topic of topics.filter(name => !known.includes(name))) {
        logger.warn({ keyId: id, topic, nearest: nearest(topic, known) }, 'key_topic_unknown')
      }
    logger.info({ file, live: live.length, revoked: keys.length - live.length }, 'keys_loaded')
  }

  async function watch(): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(pollMs, stopped.signal)
      } catch {
        return
      }
      const now = await fingerprint()
      if (now === seen) continue
      seen = now
      try {
        await load()
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error)
        logger.error({ reason: problem, file }, 'keys_file_broken_last_good_kept')
      }
    }
  }

  return {
    name: 'key-store',
    async start() {
      seen = await fingerprint()
      await load()
      watching = watch()
    },
    async stop() {
      stopped.abort()
      await watching
    },
    find: key => ring.find(key),
    isLive: keyId => ring.isLive(keyId),
    allowsOrigin: origin => ring.allowsOrigin(origin),
    problem: () => problem,
  }
}
