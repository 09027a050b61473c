import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { type Ask, type PeerCommand, parseAnswer } from './peer-wire.ts'

const ENDING_MS = 20_000

/**
 * A peer in a process of its own that answers a line of JSON with one. It ends when its input does, so also when this process
 * is killed.
 */
export class PeerProcess {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #log: string
  readonly #exited: Promise<unknown>

  /** @param directory its log file goes there */
  constructor({ command, arguments: given, environment = {} }: PeerCommand, directory: string) {
    mkdirSync(directory, { recursive: true })
    this.#log = path.join(directory, `${path.basename(command)}-${process.pid}.log`)
    const log = openSync(this.#log, 'a')
    this.#child = spawn(command, given, {
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', log],
    })
    closeSync(log)
    // Writing to a process that is gone is told by its end.
    this.#child.stdin!.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout! })
    this.#exited = once(this.#child, 'exit').catch((error: unknown) => error)
  }

  ask(ask: Ask): Promise<Readonly<Record<string, number>>> {
    const answered = this.answer()
    this.#child.stdin!.write(`${JSON.stringify(ask)}\n`)
    return answered
  }

  /**
   * The next line that it writes.
   * @throws what the peer says is wrong, or the end of its log when it ended
   */
  async answer(): Promise<Readonly<Record<string, number>>> {
    const done = new AbortController()
    try {
      const answered = once(this.#lines, 'line', { signal: done.signal })
      const ended = this.#exited.then(() => {
        throw new Error(`The peer ended:\n${readFileSync(this.#log, 'utf8').split('\n').slice(-30).join('\n')}`)
      })
      const [line] = (await Promise.race([answered, ended])) as [string]
      return parseAnswer(line)
    } finally {
      done.abort()
    }
  }

  /** Ends it in good order, and at once where that takes long. */
  async close(): Promise<void> {
    this.#child.stdin!.end()
    const late = setTimeout(() => this.#child.kill('SIGKILL'), ENDING_MS)
    await this.#exited
    clearTimeout(late)
    this.#lines.close()
  }
}
