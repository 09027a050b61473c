import { curation } from '@millrace/domains/lol/curate'
import type { EventLog } from '@millrace/event-log'
import { createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { createRunner, type Runner } from '@millrace/stream'
import { HeldAssignments } from './held-assignments.ts'
import { openLog } from './kafka.ts'
import { onTopic } from './run-topology.ts'

/** What the process is told to do. */
export type CuratorRequest =
  | { readonly ask: 'join'; readonly group: string; readonly from: string; readonly to: string }
  | { readonly ask: 'begin' }
  | { readonly ask: 'leave' }
/** What it says by itself: how many partitions it holds; how much it has done, whenever everything of it is stored. */
export type CuratorNews =
  | { readonly news: 'holds'; readonly partitions: number }
  /** Moments are ms since the epoch, in parts of a millisecond. */
  | { readonly news: 'stored'; readonly records: number; readonly beganMs: number; readonly atMs: number }
  | { readonly news: 'left' }

const tell = (news: CuratorNews): void => void process.send?.(news)
const nowMs = (): number => performance.timeOrigin + performance.now()

/** A curator as its service runs it, as a member of a group. */
class Member {
  readonly runner: Runner
  readonly held: HeldAssignments
  readonly #watch: NodeJS.Timeout
  #seen = 0
  #told = 0
  #beganMs = 0

  constructor(log: EventLog, { group, from, to }: Extract<CuratorRequest, { ask: 'join' }>) {
    this.held = new HeldAssignments(log, partitions => tell({ news: 'holds', partitions }))
    this.runner = createRunner({
      log: this.held.log,
      clock: systemClock,
      logger: createLogger('bench', { level: 'error' }),
      metrics: createServiceMetrics('bench'),
      health: createHealth(),
      topology: onTopic(curation.createTopology({}), from, {
        name: group,
        to,
        onBegin: () => {
          if (this.#seen === 0) this.#beganMs = nowMs()
        },
        onDone: count => {
          this.#seen += count
        },
      }),
    })
    // What cannot go on is told by the end of the process.
    this.runner.finished.catch((error: unknown) => {
      throw error
    })
    this.#watch = setInterval(() => this.#look(), 1)
  }

  #look(): void {
    if (this.#seen === this.#told || !this.runner.isQuiet) return
    this.#told = this.#seen
    tell({ news: 'stored', records: this.#seen, beganMs: this.#beganMs, atMs: nowMs() })
  }

  async leave(): Promise<void> {
    clearInterval(this.#watch)
    await this.runner.stop()
  }
}

// A curator that stays warm from group to group. argv: brokers.
const log = openLog({ kafka: { brokers: process.argv[2]!.split(',') }, hdfs: null, cassandra: null })
let member: Member | undefined

process.on('message', async (request: CuratorRequest) => {
  if (request.ask === 'join') {
    member = new Member(log, request)
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
