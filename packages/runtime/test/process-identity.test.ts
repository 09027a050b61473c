import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  identify,
  inspectProcess,
  type ProcessIdentity,
  parseProc,
  parsePs,
  signalProcess,
} from '../src/process-identity.ts'

const WAIT = { timeout: 60_000, interval: 10 }

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function startProcess() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  children.push(child)
  return { child, identity: identify(child.pid!)! }
}

const becomes = (identity: ProcessIdentity, state: string) =>
  vi.waitFor(() => expect(inspectProcess(identity).state).toBe(state), WAIT)

describe('process identity', () => {
  it('follows a process through running, frozen and gone', async () => {
    const { identity, child } = startProcess()
    await becomes(identity, 'running')
    await vi.waitFor(() => expect(inspectProcess(identity).rssBytes).toBeGreaterThan(2 ** 20), WAIT)
    expect(signalProcess(identity, 'SIGSTOP')).toBe(true)
    await becomes(identity, 'frozen')
    signalProcess(identity, 'SIGCONT')
    await becomes(identity, 'running')
    expect(signalProcess(identity, 'SIGKILL')).toBe(true)
    if (child.signalCode === null) await once(child, 'exit')
    expect(inspectProcess(identity)).toEqual({ state: 'gone', rssBytes: 0 })
    expect(signalProcess(identity, 'SIGKILL')).toBe(false)
    expect(identify(identity.pid)).toBeNull()
  })

  it('counts a zombie as gone, though its pid still takes signals', async () => {
    // The shell becomes a program that does not know of the child and never reaps it; only then the pid is printed.
    const script = 'console.log(process.argv[1]); setInterval(() => {}, 1000)'
    const parent = spawn('sh', ['-c', `sleep 600 & exec "$0" -e '${script}' $!`, process.execPath], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    children.push(parent)
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer]
    const identity = identify(Number(printed))!
    expect(inspectProcess(identity).state).toBe('running')
    signalProcess(identity, 'SIGKILL')
    await becomes(identity, 'gone')
    expect(process.kill(identity.pid, 0)).toBe(true)
    expect(identify(identity.pid)).toBeNull()
    expect(signalProcess(identity, 'SIGKILL')).toBe(false)
  })

  it('takes a later process under the same pid for another one, and never signals it', async () => {
    const { identity } = startProcess()
    const earlier = { ...identity, startTime: 'another boot/12345' }
    expect(inspectProcess(earlier).state).toBe('gone')
    expect(signalProcess(earlier, 'SIGKILL')).toBe(false)
    await becomes(identity, 'running')
  })

  it('gives two processes different start times or pids', () => {
    expect(startProcess().identity).not.toEqual(startProcess().identity)
  })

  it('reads /proc where the command has blanks and parentheses', () => {
    const fields = ['T', ...Array.from({ length: 18 }, () => '0'), '987654', '123', '42']
    const status = 'Name:\tjava\nVmPeak:\t  9000 kB\nVmRSS:\t   2048 kB\n'
    expect(parseProc(`77 (a) S (b c) ${fields.join(' ')}`, status, 'boot')).toEqual({
      startTime: 'boot/987654',
      state: 'frozen',
      rssBytes: 2 * 2 ** 20,
    })
    expect(parseProc(`77 (java) Z ${fields.slice(1).join(' ')}`, '', 'boot').state).toBe('gone')
    const withThreads = fields.with(17, '2')
    expect(parseProc(`77 (java) Z ${withThreads.slice(1).join(' ')}`, '', 'boot').state).toBe('running')
  })

  it('reads ps', () => {
    expect(parsePs('Ss    1024 Sat Nov 22 16:04:13 2025\n')).toEqual({
      startTime: 'Sat Nov 22 16:04:13 2025',
      state: 'running',
      rssBytes: 2 ** 20,
    })
    expect(parsePs('T+ 5 x')?.state).toBe('frozen')
    expect(parsePs('')).toBeNull()
  })
})
