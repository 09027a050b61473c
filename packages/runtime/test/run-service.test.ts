import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('signalled-service.ts', import.meta.url))

/** Runs the service, sends a signal at each of the given lines, and gives its exit code and output. */
async function run(behaviour: string, signalAt: Record<string, NodeJS.Signals> = {}) {
  const child = spawn(process.execPath, [script, behaviour], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) {
      lines.push(line)
      const signal = signalAt[line]
      if (signal) child.kill(signal)
    }
  })
  const [code] = await once(child, 'exit')
  return { code, lines }
}

describe('a service process', () => {
  it('drains and exits 0 on SIGTERM', async () => {
    expect(await run('well', { up: 'SIGTERM' })).toEqual({ code: 0, lines: ['up', 'draining', 'drained'] })
  })
  it('exits 1 at once on a second signal', async () => {
    expect(await run('slow', { up: 'SIGINT', draining: 'SIGINT' })).toEqual({ code: 1, lines: ['up', 'draining'] })
  })
  it('exits 1 when the deadline passes', async () => {
    expect(await run('stuck', { up: 'SIGTERM' })).toEqual({ code: 1, lines: ['up', 'draining'] })
  })
  it('stops what runs and exits 1 when it fails', async () => {
    expect(await run('fails')).toEqual({ code: 1, lines: ['up', 'draining', 'drained'] })
  })
  it('exits 1 when it cannot start', async () => {
    expect(await run('bad-start')).toEqual({ code: 1, lines: [] })
  })
  it('exits 0 on a signal while it still waits for what it needs to start', async () => {
    expect(await run('waits', { up: 'SIGTERM' })).toEqual({ code: 0, lines: ['up'] })
  })
  it('exits 0 when its work is over', async () => {
    expect(await run('ends')).toEqual({ code: 0, lines: ['up', 'draining', 'drained'] })
  })
})
