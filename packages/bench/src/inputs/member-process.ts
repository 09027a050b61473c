import type { EventLog } from '@millrace/event-log'
import { createHealth, createLogger, systemClock } from '@millrace/runtime'
import { createRunner, type Runner } from '@millrace/stream'
import { HeldAssignments } from './held-assignments.ts'
import { openLog } from './kafka.ts'
import { renamedReader, renamedTopology, type TopicNames } from './renamed-topology.ts'
import { ownMetrics, type ServiceName, services } from './services.ts'
import { type Work, WorkDone } from './work-done.ts'

/** What the process is told to do. */
export type MemberRequest =
  | { readonly ask: 'join'; readonly group: string; readonly names: TopicNames }
  | { readonly ask: 'begin' }
  | { readonly ask: 'leave' }
/** What it says by itself: how many partitions it holds; how much it has done, whenever it will do no more without another record. */
export type MemberNews =
  | { readonly news: 'holds'; readonly partitions: number }
  /** `atMs`: when the last of it was stored. */
  | { readonly news: 'settled'; readonly work: Work & { readonly atMs: number } }
  | { readonly news: 'left' }

const tell = (news: MemberNews): void => void process.send?.(news)
const nowMs = (): number => performance.timeOrigin + performance.now()

/** A topology as its service runs it, as a member of a group. */
class Member {
  readonly runner: Runner
  readonly held: HeldAssignments
  readonly #work = new WorkDone()
  readonly #watch: NodeJS.Timeout
  /** Changes that were stored when it was last quiet. */
  #stored = 0
  #told = 0
  #atMs = 0

  constructor(log: EventLog, name: ServiceName, { group, names }: Extract<MemberRequest, { ask: 'join' }>) {
    this.held = new HeldAssignments(log, partitions => tell({ news: 'holds', partitions }))
    const topology = this.#work.watch(services[name].createTopology(renamedReader(log, names)))
    this.runner = createRunner({
      log: this.held.log,
      clock: systemClock,
      logger: createLogger('bench', { level: 'error' }),
      metrics: ownMetrics,
      health: createHealth(),
      topology: renamedTopology(topology, group, names),
    })
    // What cannot go on is told by the end of the process.
    this.runner.finished.catch((error: unknown) => {
      throw error
    })
    this.#watch = setInterval(() => this.#look(), 1)
  }

  #look(): void {
    const { changes, isSettled, seen, emitted, beganMs } = this.#work
    if (changes === this.#told || !this.runner.isQuiet) return
    if (changes !== this.#stored) this.#atMs = nowMs()
    this.#stored = changes
    if (!isSettled) return
    this.#told = changes
    tell({ news: 'settled', work: { seen, emitted, beganMs, atMs: this.#atMs } })
  }

  async leave(): Promise<void> {
    clearInterval(this.#watch)
    await this.runner.stop()
  }
}

// A member that stays warm from group to group. argv: brokers, service.
const [, , brokers, name] = process.argv
const log = openLog({ kafka: { brokers: brokers!.split(',') }, hdfs: null, cassandra: null })
let member: Member | undefined

process.on('message', async (request: MemberRequest) => {
  if (request.ask === 'join') {
    member = new Member(log, name as ServiceName, request)
    await member.runner.start()
  } else if (request.ask === 'begin') member!.held.release()
  else {
    await member!.leave()
    tell({ news: 'left' })
  }
})
process.once('disconnect', async () => {
  await member?.leave()
  await log.close()
})
