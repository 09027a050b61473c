import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StackAddresses } from '@millrace/testing'
import { waitUntil } from '@millrace/testing'
import { PARTITIONS } from './kafka.ts'
import type { MemberNews, MemberRequest } from './member-process.ts'
import type { TopicNames } from './renamed-topology.ts'
import { type ServiceName, services } from './services.ts'

const PROCESS = fileURLToPath(new URL('member-process.ts', import.meta.url))
const JOINING_MS = 60_000
const WORKING_MS = 120_000

type Settled = Extract<MemberNews, { news: 'settled' }>['work']

/** One process of a service, and the last that it said. */
class MemberProcess {
  readonly #child: ChildProcess
  partitions = 0
  settled: Settled | undefined
  hasLeft = false

  constructor(brokers: readonly string[], service: ServiceName) {
    this.#child = fork(PROCESS, [brokers.join(','), service], { execArgv: ['--disable-warning=ExperimentalWarning'] })
    this.#child.on('message', (news: MemberNews) => {
      if (news.news === 'holds') this.partitions = news.partitions
      else if (news.news === 'settled') this.settled = news.work
      else this.hasLeft = true
    })
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  tell(request: MemberRequest): void {
    this.#child.send(request)
  }

  async end(): Promise<void> {
    if (this.hasEnded) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}

const total = (works: readonly Settled[], which: 'seen' | 'emitted', topic: string): number =>
  works.reduce((sum, work) => sum + (work[which][topic] ?? 0), 0)

/** A service in processes of its own that share its topics as the members of a group, as replicas do. */
export class Members {
  readonly #service: ServiceName
  readonly #members: readonly MemberProcess[]

  constructor({ kafka }: StackAddresses, service: ServiceName, count: number) {
    this.#service = service
    this.#members = Array.from({ length: count }, () => new MemberProcess(kafka!.brokers, service))
  }

  async #until(isDone: () => boolean, what: string, deadlineMs: number): Promise<void> {
    await waitUntil(() => isDone() || this.#members.some(member => member.hasEnded), {
      deadlineMs,
      what,
      intervalMs: 5,
    })
    if (this.#members.some(member => member.hasEnded)) throw new Error('A process of the group ended.')
  }

  /** Joins a new group; every member has its share of the partitions and has not begun. */
  async #join(names: TopicNames): Promise<void> {
    const group = `bench-${randomUUID()}`
    for (const member of this.#members) {
      member.partitions = 0
      member.settled = undefined
      member.hasLeft = false
      member.tell({ ask: 'join', group, names })
    }
    const share = (PARTITIONS * (1 + services[this.#service].through.length)) / this.#members.length
    await this.#until(
      () => this.#members.every(member => member.partitions === share),
      'the partitions to be shared out',
      JOINING_MS,
    )
  }

  #tellAll(ask: 'begin' | 'leave'): void {
    for (const member of this.#members) member.tell({ ask })
  }

  /** Whether everything was processed, and what was emitted to topics of the service's own, too. */
  #isDone(records: number): boolean {
    const { source, through } = services[this.#service]
    const works = this.#members.flatMap(({ settled }) => settled ?? [])
    return (
      total(works, 'seen', source.name) >= records &&
      through.every(({ name }) => total(works, 'seen', name) === total(works, 'emitted', name))
    )
  }

  /**
   * Processes what the source holds.
   * @returns records of the source per second, from the first to the last result that is stored; joining does not count
   */
  async toTheEnd(names: TopicNames, records: number): Promise<number> {
    await this.#join(names)
    this.#tellAll('begin')
    await this.#until(() => this.#isDone(records), 'everything to be processed', WORKING_MS)
    const works = this.#members.flatMap(({ settled }) => settled ?? [])
    const tookMs = Math.max(...works.map(({ atMs }) => atMs)) - Math.min(...works.map(({ beganMs }) => beganMs))
    this.#tellAll('leave')
    await this.#until(() => this.#members.every(member => member.hasLeft), 'the members to leave', JOINING_MS)
    return records / (tookMs / 1_000)
  }

  /** Begins to process the source, and goes on. */
  async start(names: TopicNames): Promise<void> {
    await this.#join(names)
    this.#tellAll('begin')
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(member => member.end()))
  }
}
