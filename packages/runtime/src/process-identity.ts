import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process that cannot be taken for a later one of the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it began, as the system writes it: comparable for equality only. On Linux boot id and ticks, with a slash between. */
  readonly startTime: string
}

/** A zombie (ended, and not reaped by its parent) is `gone`: it does nothing any more, and some parents never reap. */
export type ProcessState = 'running' | 'frozen' | 'gone'

interface ProcessFacts {
  readonly startTime: string
  readonly state: ProcessState
  readonly rssBytes: number
}

/** Facts of a process from /proc/<pid>/stat and status; `boot` tells two boots apart, as ticks begin anew with each. */
export function parseProc(stat: string, status: string, boot: string): ProcessFacts {
  // The command, in parentheses, may itself hold blanks and parentheses: count fields after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = stateOf(fields[0]!)
  // The first thread of a killed process may be a zombie while another one is still inside a write.
  const hasOtherThreads = Number(fields[17]) > 1
  const rssKib = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? '0'
  return {
    startTime: `${boot}/${fields[19]}`,
    state: state === 'gone' && hasOtherThreads ? 'running' : state,
    rssBytes: Number(rssKib) * 1024,
  }
}

/** Facts of a process as `ps -o state=,rss=,lstart=` gives them. */
export function parsePs(line: string): ProcessFacts | null {
  const match = /^\s*(\S+)\s+(\d+)\s+(.+?)\s*$/.exec(line)
  if (!match) return null
  return { startTime: match[3]!, state: stateOf(match[1]![0]!), rssBytes: Number(match[2]) * 1024 }
}

function stateOf(letter: string): ProcessState {
  if (letter === 'T' || letter === 't') return 'frozen'
  return letter === 'Z' || letter === 'X' ? 'gone' : 'running'
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    // ESRCH: the process ended between open and read. Anything else (no descriptor left) says nothing of the process.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return null
    throw error
  }
}

function factsOf(pid: number): ProcessFacts | null {
  if (process.platform === 'linux') {
    const [stat, status] = [read(`/proc/${pid}/stat`), read(`/proc/${pid}/status`)]
    // Some container runtimes have no boot id.
    const boot = read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
    return stat === null || status === null ? null : parseProc(stat, status, boot)
  }
  try {
    return parsePs(
      execFileSync('ps', ['-o', 'state=,rss=,lstart=', '-p', String(pid)], {
        encoding: 'latin1',
        env: { ...process.env, LC_ALL: 'C' },
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    )
  } catch (error) {
    if ((error as { status?: number }).status === 1) return null
    throw error
  }
}

/** The identity of a process that runs now, or null where there is none. */
export function identify(pid: number): ProcessIdentity | null {
  const facts = factsOf(pid)
  return facts && facts.state !== 'gone' ? { pid, startTime: facts.startTime } : null
}

/** What became of a process that was identified earlier; another process under its pid counts as `gone`. */
export function inspectProcess(identity: ProcessIdentity): { state: ProcessState; rssBytes: number } {
  const facts = factsOf(identity.pid)
  if (!facts || facts.startTime !== identity.startTime || facts.state === 'gone') return { state: 'gone', rssBytes: 0 }
  return { state: facts.state, rssBytes: facts.rssBytes }
}

/** Sends a signal to that very process; false where it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (inspectProcess(identity).state === 'gone') return false
  try {
    return process.kill(identity.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
