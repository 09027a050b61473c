import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SideContext } from './row.ts'

export type SideRequest =
  | { readonly ask: 'open'; readonly context: SideContext<unknown> }
  | { readonly ask: 'round' }
  | { readonly ask: 'close' }
export type SideAnswer = { readonly value: number } | { readonly error: string }

const SIDE_PROCESS = fileURLToPath(new URL('side-process.ts', import.meta.url))
/** Opening includes starting a service or a JVM. */
const TIMEOUT_MS = 300_000

/** A side of a row in a process of its own, so that neither the other's garbage nor its compiled code is in the figures. */
export class SideClient {
  readonly #child: ChildProcess
  readonly #name: string

  constructor(file: string, which: 'ours' | 'other' | 'open') {
    this.#name = which
    this.#child = fork(SIDE_PROCESS, [file, which], {
      execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
  }

  async open(context: SideContext<unknown>): Promise<void> {
    await this.#ask({ ask: 'open', context })
  }

  round(): Promise<number> {
    return this.#ask({ ask: 'round' })
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    try {
      await this.#ask({ ask: 'close' })
      await Promise.race([exited, new Promise(resolve => setTimeout(resolve, 5_000).unref())])
    } finally {
      this.#child.kill('SIGKILL')
    }
  }

  async #ask(request: SideRequest): Promise<number> {
    const done = new AbortController()
    const { signal } = done
    const late = setTimeout(() => done.abort(), TIMEOUT_MS)
    try {
      this.#child.send(request)
      const answer = await Promise.race([
        once(this.#child, 'message', { signal }).then(([message]) => message as SideAnswer),
        once(this.#child, 'exit', { signal }).then(([code, killed]) => ({ error: `it ended with ${code ?? killed}` })),
      ])
      if ('error' in answer) throw new Error(`${request.ask} of side "${this.#name}": ${answer.error}`)
      return answer.value
    } catch (error) {
      if (signal.aborted)
        throw new Error(`${request.ask} of side "${this.#name}" took more than ${TIMEOUT_MS / 1000} s`)
      throw error
    } finally {
      clearTimeout(late)
      done.abort()
    }
  }
}
