import { ManualClock } from '@millrace/runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger, text } from '../../test/log-driver.ts'
import type { Assignment, CommitPosition, ConsumerEvent } from '../event-log.ts'
import type {
  ClientLibrary,
  Committed,
  ConnectedAdmin,
  Membership,
  MembershipHandler,
  OffsetToCommit,
  TopicPartition,
} from './client-library.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { KafkaConsumer } from './kafka-consumer.ts'
import { ClientError } from './kafka-errors.ts'
import { settingsOf } from './kafka-options.ts'

const only = (partition: number): TopicPartition => ({ topic: 't', partition })

/** A membership that does what the test says. */
class ScriptedMembership implements Membership {
  readonly handler: MembershipHandler
  readonly calls: string[] = []
  commitFails: (() => ClientError | undefined) | undefined
  readonly #ended = Promise.withResolvers<unknown>()

  constructor(handler: MembershipHandler) {
    this.handler = handler
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise
  }
  end(error: unknown): void {
    this.#ended.resolve(error)
  }
  async start(): Promise<void> {}
  pause(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) this.calls.push(`pause ${partition}`)
  }
  resume(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) this.calls.push(`resume ${partition}`)
  }
  seek({ partition }: TopicPartition, offset: number): void {
    this.calls.push(`seek ${partition}@${offset}`)
  }
  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    this.calls.push(`commit ${offsets.map(({ partition, offset }) => `${partition}@${offset}`)}`)
    const error = this.commitFails?.()
    if (error) throw error
  }
  async stop(): Promise<void> {
    this.calls.push('stop')
    this.#ended.resolve(undefined)
  }

  join(partitions: readonly number[], isContinuation = false): void {
    this.handler.onJoined(partitions.map(only), isContinuation)
  }
  offer(partition: number, offset: number): void {
    const record = { ...only(partition), offset, key: text('k'), value: text('v'), timestampMs: 0 }
    void this.handler.onBatch({
      ...only(partition),
      fetchedFrom: offset,
      end: 100,
      recordsFrom: () => [record],
      isStale: () => false,
      moveOn: () => {},
    })
  }
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function setUp() {
  const clock = new ManualClock()
  const settings = settingsOf({ brokers: [], clientId: 'c', clock, logger: silentLogger })
  const memberships: ScriptedMembership[] = []
  let committed = new Map<number, Committed>()
  const library = {
    createMembership: (_options: unknown, handler: MembershipHandler) => {
      const membership = new ScriptedMembership(handler)
      memberships.push(membership)
      return membership
    },
  } as unknown as ClientLibrary
  const admin = {
    partitionCounts: async () => new Map([['t', 4]]),
    ranges: async () => [0, 1, 2, 3].map(partition => ({ partition, earliest: 0, end: 100 })),
    committed: async () => new Map([['t', committed]]),
    disconnect: async () => {},
  } as unknown as ConnectedAdmin
  const consumer = new KafkaConsumer(
    { group: 'g', topics: ['t'], clientId: 'c' },
    { settings, admin: new KafkaAdmin(settings, async () => admin), library: async () => library, onClosed: () => {} },
  )
  closers.push(() => consumer.close())
  const next = async (): Promise<ConsumerEvent | null> => {
    await clock.advance(0)
    return consumer.poll(0)
  }
  const assigned = async (): Promise<readonly Assignment[]> => {
    const event = await next()
    if (event?.type !== 'assigned') throw new Error(`expected assignments, got ${event?.type}`)
    return event.assignments
  }
  return {
    clock,
    consumer,
    memberships,
    next,
    assigned,
    latest: () => memberships.at(-1)!,
    holdCommitted: (positions: Map<number, Committed>) => {
      committed = positions
    },
  }
}

const position = (assignment: Assignment, offset: number): CommitPosition => ({ ...assignment, offset, metadata: '' })
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'ok',
    (error: { readonly code?: string }) => error.code,
  )

describe('a consumer in a group', () => {
  it('tells where each partition stands, and begins it where it is told', async () => {
    const { clock, consumer, latest, assigned, next, holdCommitted } = setUp()
    await clock.advance(0)
    holdCommitted(new Map([[1, { offset: 7, metadata: 'm' }]]))
    latest().join([0, 1])
    const both = await assigned()
    expect(both).toMatchObject([
      { partition: 0, committed: null, earliest: 0, end: 100 },
      { partition: 1, committed: { offset: 7, metadata: 'm' } },
    ])
    latest().offer(1, 7)
    expect(await next()).toBeNull()
    consumer.start(both[1]!, 7)
    expect(latest().calls).toEqual(['seek 1@7', 'resume 1'])
    latest().offer(1, 7)
    expect(await next()).toMatchObject({ type: 'records', partition: 1, epoch: both[1]!.epoch, end: 100 })
  })

  it('keeps the assignment of a partition that it keeps through the next generation, and reads on where it was', async () => {
    const { clock, consumer, latest, assigned, next } = setUp()
    await clock.advance(0)
    latest().join([0, 1])
    const [kept, lost] = await assigned()
    consumer.start(kept!, 5)
    latest().offer(0, 5)
    await next()
    latest().calls.length = 0
    latest().join([0, 2], true)
    expect(latest().calls).toEqual(['seek 0@6', 'resume 0'])
    expect(await next()).toMatchObject({ type: 'revoked', assignments: [{ partition: 1, epoch: lost!.epoch }] })
    expect(await assigned()).toMatchObject([{ partition: 2 }])
    expect(await codeOf(consumer.commit([position(kept!, 6)]))).toBe('ok')
  })

  it('takes everything for lost when another may have had it in between, and old positions are void', async () => {
    const { clock, consumer, latest, assigned, next } = setUp()
    await clock.advance(0)
    latest().join([0])
    const [before] = await assigned()
    consumer.start(before!, 0)
    latest().join([0], false)
    expect(await next()).toMatchObject({ type: 'revoked', assignments: [{ epoch: before!.epoch }] })
    const [after] = await assigned()
    expect(after!.epoch).toBeGreaterThan(before!.epoch)
    latest().calls.length = 0
    consumer.start(before!, 50)
    expect(latest().calls).toEqual([])
    expect(await codeOf(consumer.commit([position(before!, 1), position(after!, 2)]))).toBe('fenced')
    expect(latest().calls).toEqual(['commit 0@2'])
  })

  it.each(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])(
    'commits again after %s as long as the partition is its own, and is fenced when it is not',
    async type => {
      const { clock, consumer, latest, assigned } = setUp()
      await clock.advance(0)
      latest().join([0])
      const [one] = await assigned()
      latest().commitFails = () => new ClientError('no', { type })
      const kept = codeOf(consumer.commit([position(one!, 1)]))
      await clock.advance(50)
      latest().commitFails = undefined
      latest().join([0], true)
      await clock.advance(1_000)
      expect(await kept).toBe('ok')
      latest().commitFails = () => new ClientError('no', { type })
      const lost = codeOf(consumer.commit([position(one!, 2)]))
      await clock.advance(50)
      latest().join([1], true)
      await clock.advance(1_000)
      expect(await lost).toBe('fenced')
    },
  )

  it('commits again while the coordinator is away, and says so when it stays away', async () => {
    const { clock, consumer, latest, assigned } = setUp()
    await clock.advance(0)
    latest().join([0])
    const [one] = await assigned()
    let failures = 2
    latest().commitFails = () => (failures-- > 0 ? new ClientError('away', { isPassing: true }) : undefined)
    const soon = codeOf(consumer.commit([position(one!, 1)]))
    await clock.advance(1_000)
    expect(await soon).toBe('ok')
    latest().commitFails = () => new ClientError('away', { isPassing: true })
    const never = codeOf(consumer.commit([position(one!, 1)]))
    await clock.advance(40_000)
    expect(await never).toBe('log_unavailable')
    latest().commitFails = () => new ClientError('no', { type: 'GROUP_AUTHORIZATION_FAILED' })
    expect(await codeOf(consumer.commit([position(one!, 1)]))).toBe('log_refused')
  })

  it('begins again when its membership ends for a reason that passes, and gives up for any other', async () => {
    const { clock, consumer, memberships, latest, assigned, next } = setUp()
    await clock.advance(0)
    latest().join([0])
    const [before] = await assigned()
    latest().end(new ClientError('brokers are away', { isPassing: true }))
    expect(await next()).toMatchObject({ type: 'revoked', assignments: [{ epoch: before!.epoch }] })
    expect(await codeOf(consumer.commit([position(before!, 1)]))).toBe('fenced')
    await clock.advance(1_000)
    expect(memberships).toHaveLength(2)
    expect(memberships[0]!.calls.at(-1)).toBe('stop')
    latest().join([0])
    expect((await assigned())[0]!.epoch).toBeGreaterThan(before!.epoch)
    latest().end(new ClientError('not allowed', { type: 'GROUP_AUTHORIZATION_FAILED' }))
    expect(await next()).toMatchObject({ type: 'revoked' })
    expect(await codeOf(next())).toBe('consumer_failed')
    await clock.advance(60_000)
    expect(memberships).toHaveLength(2)
  })

  it('delivers partitions in turn', async () => {
    const { clock, consumer, latest, assigned, next } = setUp()
    await clock.advance(0)
    latest().join([0, 1])
    for (const assignment of await assigned()) consumer.start(assignment, 0)
    const served: number[] = []
    for (let round = 0; round < 3; round++) {
      latest().offer(0, round)
      latest().offer(1, round)
      for (let i = 0; i < 2; i++) {
        const event = await next()
        if (event?.type === 'records') served.push(event.partition)
      }
    }
    expect(served).toEqual([0, 1, 0, 1, 0, 1])
  })

  it('drops what waits when it is paused, and reads on when it is resumed', async () => {
    const { clock, consumer, latest, assigned, next } = setUp()
    await clock.advance(0)
    latest().join([0])
    const [one] = await assigned()
    consumer.start(one!, 0)
    latest().offer(0, 0)
    consumer.pause([only(0), only(3)])
    expect(await next()).toBeNull()
    consumer.resume([only(0)])
    expect(latest().calls).toEqual(['seek 0@0', 'resume 0', 'pause 0', 'resume 0'])
    latest().offer(0, 0)
    expect(await next()).toMatchObject({ type: 'records' })
  })

  it('leaves when it is closed, and says so to who waits', async () => {
    const { clock, consumer, latest } = setUp()
    await clock.advance(0)
    const waiting = codeOf(consumer.poll(60_000))
    await consumer.close()
    expect(await waiting).toBe('log_closed')
    expect(latest().calls).toEqual(['stop'])
    expect(await codeOf(consumer.commit([]))).toBe('log_closed')
  })
})
