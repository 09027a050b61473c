import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import { findFreePorts } from './free-ports.ts'
import { waitUntil } from './wait-until.ts'

/** A service in a process of its own, as it runs in production. */
export interface ServiceProcess {
  /** What it printed so far, on both outputs. */
  readonly output: string
  /** Its log lines so far, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Exit code or the signal that ended it; undefined while it runs. */
  readonly ended: number | string | undefined
  isLive(): Promise<boolean>
  /** Null when it is ready, else what is missing, by name. */
  notReady(): Promise<Readonly<Record<string, string>> | null>
  /** The value of a metric of `/metrics`, summed over its labels. */
  metric(name: string): Promise<number>
  /** Ends it as Kubernetes does; resolves to its exit code. */
  stop(): Promise<number | string>
  kill(): void
}

const ADMIN_DEADLINE_MS = 60_000

/**
 * Runs the program of a service with this environment (and PATH and TMPDIR), until its admin port answers.
 * @throws when it ends before, with what it printed
 */
export async function startService(main: string, variables: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const [port] = await findFreePorts(1, [])
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { PATH: process.env.PATH, TMPDIR: os.tmpdir(), ...variables, MILLRACE_ADMIN_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let ended: number | string | undefined
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const closed = once(child, 'close').then(([code, signal]) => {
    ended = (code ?? signal) as number | string
    return ended
  })
  const ask = (page: string) => fetch(`http://127.0.0.1:${port}/${page}`)
  const service: ServiceProcess = {
    get output() {
      return output
    },
    get lines() {
      return output.split('\n').flatMap(line => (line.startsWith('{') ? [JSON.parse(line)] : []))
    },
    get ended() {
      return ended
    },
    isLive: async () => (await ask('livez')).status === 200,
    async notReady() {
      const answer = await ask('readyz')
      const body = (await answer.json()) as Record<string, string>
      return answer.status === 200 ? null : body
    },
    async metric(name) {
      const text = await (await ask('metrics')).text()
      const samples = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))
      return [...samples].reduce((sum, [, value]) => sum + Number(value), 0)
    },
    stop() {
      child.kill('SIGTERM')
      return closed
    },
    kill: () => void child.kill('SIGKILL'),
  }
  try {
    await waitUntil(async () => ended !== undefined || (await service.isLive()), {
      deadlineMs: ADMIN_DEADLINE_MS,
      what: `the admin port of ${main}`,
    })
    if (ended !== undefined) throw new Error(`${main} ended with ${ended}:\n${output}`)
  } catch (error) {
    service.kill()
    throw error
  }
  return service
}
