import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { open, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@millrace/runtime'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createEmbeddedEventLog, type EmbeddedEventLogOptions, type EventLog } from '../src/index.ts'
import { collect, silentLogger, text, topicSpec } from './log-driver.ts'

const base = mkdtempSync(join(tmpdir(), 'event-log-full-'))
const TMPFS_BYTES = 2 << 20

/** A file system of 2 MiB, where this process may mount one. */
function mountSmall(): string | null {
  const path = join(base, 'small')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${TMPFS_BYTES}`, 'tmpfs', path], { stdio: 'ignore' })
    return path
  } catch {
    return null
  }
}

const small = mountSmall()
let log: EventLog | undefined

afterEach(() => log?.close())
afterAll(() => {
  // Lazily: also when a failed test left a file open.
  if (small) execFileSync('umount', ['-l', small])
  rmSync(base, { recursive: true })
})

async function openLog(options: Pick<EmbeddedEventLogOptions, 'directory' | 'openFile'>): Promise<EventLog> {
  log = await createEmbeddedEventLog({ clock: systemClock, logger: silentLogger, ...options })
  await log.ensureTopics([topicSpec('t', { partitions: 1 })])
  return log
}

const recordOf = (value: string) => ({ key: text('k'), value: text(value), timestampMs: systemClock.now() })
const storedIds = async (of: EventLog): Promise<string[]> =>
  (await collect(of.read('t', 0, 0, Number.MAX_SAFE_INTEGER))).map(record => record.value.toString().trim())

describe('a full disk', () => {
  it.skipIf(!small)(
    'refuses what does not fit, keeps what did, and goes on when there is space (needs the right to mount)',
    async () => {
      const directory = join(small!, 'log')
      const opened = await openLog({ directory })
      const producer = await opened.producer({ clientId: 'test' })
      const append = async (id: string) =>
        (await producer.append('t', [recordOf(id.padEnd(50_000))], { deadlineMs: 60_000 }))[0]!
      const ballast = join(small!, 'ballast')
      await writeFile(ballast, Buffer.alloc(1 << 20))
      const stored: string[] = []
      let refused = 0
      for (let i = 0; refused < 3; i++) {
        expect(i).toBeLessThan(100)
        const result = await append(`before ${i}`)
        if (result.ok) stored.push(`before ${i}`)
        else {
          refused++
          expect(result.error).toMatchObject({ code: 'log_disk_full', retryable: true })
        }
      }
      expect(stored.length).toBeGreaterThan(5)
      expect(await storedIds(opened)).toEqual(stored)
      await rm(ballast)
      expect(await append('after')).toMatchObject({ ok: true, offset: stored.length })
      await opened.close()
      expect(await storedIds(await openLog({ directory }))).toEqual([...stored, 'after'])
    },
  )

  it('leaves no part of a write behind, also when that cannot be taken back at once', async () => {
    const directory = join(base, 'injected')
    let room = Number.POSITIVE_INFINITY
    let canTruncate = true
    const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const opened = await openLog({
      directory,
      openFile: async (path, flags) => {
        const handle = await open(path, flags)
        return {
          close: () => handle.close(),
          truncate: size => (canTruncate ? handle.truncate(size) : Promise.reject(full())),
          write: (async (buffer: Buffer, offset: number, length: number, position: number) => {
            const allowed = Math.min(length, room)
            room -= allowed
            if (allowed === 0) throw full()
            return handle.write(buffer, offset, allowed, position)
          }) as typeof handle.write,
        }
      },
    })
    const producer = await opened.producer({ clientId: 'test' })
    const append = (...ids: string[]) => producer.append('t', ids.map(recordOf), { deadlineMs: 60_000 })
    expect(await append('a')).toMatchObject([{ ok: true, offset: 0 }])
    const file = join(directory, 'topics', 't', '0', '00000000000000000000.log')
    const sizeBefore = (await stat(file)).size

    room = 30
    expect(await append('b', 'c')).toMatchObject([
      { ok: false, error: { code: 'log_disk_full', details: { topic: 't', partition: 0 } } },
      { ok: false, error: { code: 'log_disk_full' } },
    ])
    expect((await stat(file)).size).toBe(sizeBefore)

    // More than the next write covers.
    canTruncate = false
    room = 500
    expect(await append('d'.padEnd(1_000))).toMatchObject([{ ok: false, error: { code: 'log_disk_full' } }])
    expect((await stat(file)).size).toBe(sizeBefore + 500)

    canTruncate = true
    room = Number.POSITIVE_INFINITY
    expect(await append('e')).toMatchObject([{ ok: true, offset: 1 }])
    expect(await storedIds(opened)).toEqual(['a', 'e'])
    expect(producer.inFlightBytes).toBe(0)
    await opened.close()
    expect(await storedIds(await openLog({ directory }))).toEqual(['a', 'e'])
  })
})
