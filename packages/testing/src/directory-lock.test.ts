import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeLock } from './directory-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'millrace-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('takeLock', () => {
  it('gives a lock to one at a time', () => {
    const file = path.join(folder, 'deeper/lock')
    const lock = takeLock(file)
    expect(takeLock(file)).toBeNull()
    lock!.release()
    const next = takeLock(file)
    expect(next).not.toBeNull()
    next!.release()
  })

  it('is given back by a process that is killed', async () => {
    const file = path.join(folder, 'lock')
    const script = `const { takeLock } = await import(${JSON.stringify(new URL('./directory-lock.ts', import.meta.url).href)})
      globalThis.lock = takeLock(${JSON.stringify(file)}); console.log('taken'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(child.stdout, 'data')
    expect(takeLock(file)).toBeNull()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = takeLock(file)
    expect(lock).not.toBeNull()
    lock!.release()
  })
})
