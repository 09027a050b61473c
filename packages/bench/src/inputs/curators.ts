import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StackAddresses } from '@millrace/testing'
import { waitUntil } from '@millrace/testing'
import type { CuratorNews, CuratorRequest } from './curator-process.ts'
import { PARTITIONS } from './kafka.ts'

const PROCESS = fileURLToPath(new URL('curator-process.ts', import.meta.url))
const JOINING_MS = 60_000
const WORKING_MS = 120_000

/** One curator process, and the last that it said. */
class CuratorMember {
  readonly #child: ChildProcess
  partitions = 0
  stored: Extract<CuratorNews, { news: 'stored' }> | undefined
  hasLeft = false

  constructor(brokers: readonly string[]) {
    this.#child = fork(PROCESS, [brokers.join(',')], { execArgv: ['--disable-warning=ExperimentalWarning'] })
    this.#child.on('message', (news: CuratorNews) => {
      if (news.news === 'holds') this.partitions = news.partitions
      else if (news.news === 'stored') this.stored = news
      else this.hasLeft = true
    })
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  tell(request: CuratorRequest): void {
    this.#child.send(request)
  }

  async end(): Promise<void> {
    if (this.hasEnded) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}

/** Curators in processes of their own that share a topic as the members of a group, as replicas do. */
export class Curators {
  readonly #members: readonly CuratorMember[]

  constructor({ kafka }: StackAddresses, count: number) {
    this.#members = Array.from({ length: count }, () => new CuratorMember(kafka!.brokers))
  }

  async #until(isDone: () => boolean, what: string, deadlineMs: number): Promise<void> {
    await waitUntil(() => isDone() || this.#members.some(member => member.hasEnded), {
      deadlineMs,
      what,
      intervalMs: 5,
    })
    if (this.#members.some(member => member.hasEnded)) throw new Error('A curator process ended.')
  }

  /** Joins a new group; every member has its share of the partitions and has not begun. */
  async #join(from: string, to: string): Promise<void> {
    const group = `bench-${randomUUID()}`
    for (const member of this.#members) {
      member.partitions = 0
      member.stored = undefined
      member.hasLeft = false
      member.tell({ ask: 'join', group, from, to })
    }
    const share = PARTITIONS / this.#members.length
    await this.#until(
      () => this.#members.every(member => member.partitions === share),
      'the partitions to be shared out',
      JOINING_MS,
    )
  }

  #tellAll(ask: 'begin' | 'leave'): void {
    for (const member of this.#members) member.tell({ ask })
  }

  /** Curates what the topic holds. @returns records per second from the first to the last that is stored; joining does not count */
  async toTheEnd(from: string, to: string, records: number): Promise<number> {
    await this.#join(from, to)
    this.#tellAll('begin')
    const stored = () => this.#members.flatMap(member => member.stored ?? [])
    await this.#until(
      () => stored().reduce((sum, one) => sum + one.records, 0) >= records,
      'everything to be curated',
      WORKING_MS,
    )
    const tookMs = Math.max(...stored().map(one => one.atMs)) - Math.min(...stored().map(one => one.beganMs))
    this.#tellAll('leave')
    await this.#until(() => this.#members.every(member => member.hasLeft), 'the members to leave', JOINING_MS)
    return records / (tookMs / 1_000)
  }

  /** Begins to curate a topic, and goes on. */
  async start(from: string, to: string): Promise<void> {
    await this.#join(from, to)
    this.#tellAll('begin')
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(member => member.end()))
  }
}
