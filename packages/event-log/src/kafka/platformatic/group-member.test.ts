import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import type { TopicPartition } from '../client-library.ts'
import { ClientError } from '../kafka-errors.ts'
import type { Joined, Membership } from './group-client.ts'
import { GroupMember } from './group-member.ts'

const SESSION_MS = 10_000
const HEARTBEAT_MS = 500
const only = (partition: number): TopicPartition => ({ topic: 't', partition })

/** A coordinator that answers as the test says, and what it was asked. */
function setUp() {
  const clock = new ManualClock()
  const calls: string[] = []
  const joins: { partitions: readonly TopicPartition[]; isContinuation: boolean }[] = []
  const failures: Partial<Record<string, ClientError>> = {}
  let next: Joined = { memberId: 'm', generation: 1, partitions: [only(0)] }
  let holdsJoin = false
  let holdsLeave = false
  const called = (what: string, detail: string): void => {
    calls.push(`${what} ${detail}`)
    const failure = failures[what]
    if (failure) throw failure
  }
  const at = ({ memberId, generation }: Membership): string => `${memberId}/${generation}`
  const member = new GroupMember({
    clock,
    sessionTimeoutMs: SESSION_MS,
    group: {
      join: async memberId => {
        called('join', memberId)
        if (holdsJoin) await new Promise(() => {})
        if (memberId === '') {
          const cause = Object.assign(new Error('id'), { response: { memberId: 'm' } })
          throw new ClientError('id', { type: 'MEMBER_ID_REQUIRED' }, cause)
        }
        return next
      },
      heartbeat: async current => called('heartbeat', at(current)),
      commit: async (current, offsets) => called('commit', `${at(current)} ${offsets.map(({ offset }) => offset)}`),
      leave: async memberId => {
        called('leave', memberId)
        if (holdsLeave) await new Promise(() => {})
      },
    },
    fetches: {
      assign: partitions => called('assign', String(partitions.map(({ partition }) => partition))),
      seek: () => {},
      pause: () => {},
      resume: () => {},
      close: () => called('close', ''),
    },
    handler: { onJoined: (partitions, isContinuation) => void joins.push({ partitions, isContinuation }) },
    disconnect: () => called('disconnect', ''),
  })
  const fail = (what: string, facts?: ConstructorParameters<typeof ClientError>[1]): void => {
    if (facts) failures[what] = new ClientError('no', facts)
    else delete failures[what]
  }
  return {
    clock,
    member,
    calls,
    joins,
    fail,
    give: (joined: Partial<Joined>) => {
      next = { ...next, ...joined }
    },
    holdJoin: () => {
      holdsJoin = true
    },
    holdLeave: () => {
      holdsLeave = true
    },
  }
}

describe('a member of a group', () => {
  it('takes the id that it is given, reads nothing before it was told, and shows life', async () => {
    const { clock, member, calls, joins } = setUp()
    void member.start()
    await clock.advance(HEARTBEAT_MS * 2)
    expect(calls).toEqual(['join ', 'join m', 'assign 0', 'heartbeat m/1', 'heartbeat m/1'])
    expect(joins).toEqual([{ partitions: [only(0)], isContinuation: false }])
    await member.stop()
  })

  it.each(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'])('joins again at once after %s', async type => {
    const { clock, member, calls, joins, fail, give } = setUp()
    void member.start()
    await clock.advance(0)
    fail('heartbeat', { type })
    give({ generation: 2, partitions: [only(0), only(1)] })
    calls.length = 0
    await clock.advance(HEARTBEAT_MS)
    expect(calls.slice(0, 3)).toEqual(['heartbeat m/1', 'join m', 'assign 0,1'])
    expect(joins.at(-1)).toEqual({ partitions: [only(0), only(1)], isContinuation: true })
    await member.stop()
  })

  it.each([
    ['a generation passed without it', { generation: 3 }],
    ['it is another member by now', { generation: 2, memberId: 'n' }],
  ])('does not take what it had for kept when %s', async (_why, joined) => {
    const { clock, member, joins, fail, give } = setUp()
    void member.start()
    await clock.advance(0)
    fail('heartbeat', { type: 'REBALANCE_IN_PROGRESS' })
    give(joined)
    await clock.advance(HEARTBEAT_MS)
    expect(joins.at(-1)).toMatchObject({ isContinuation: false })
    await member.stop()
  })

  it('begins as a new member when the group has forgotten it', async () => {
    const { clock, member, calls, joins, fail } = setUp()
    void member.start()
    await clock.advance(0)
    fail('heartbeat', { type: 'UNKNOWN_MEMBER_ID' })
    calls.length = 0
    await clock.advance(HEARTBEAT_MS)
    fail('heartbeat')
    expect(calls.slice(0, 3)).toEqual(['heartbeat m/1', 'join ', 'join m'])
    expect(joins).toHaveLength(2)
    await member.stop()
  })

  it('commits under the generation that holds when it is told to, and before it has joined not at all', async () => {
    const { clock, member, calls, give, fail } = setUp()
    const offsets = [{ ...only(0), offset: 5, metadata: '' }]
    await expect(member.commit(offsets)).rejects.toMatchObject({ facts: { type: 'UNKNOWN_MEMBER_ID' } })
    void member.start()
    await clock.advance(0)
    await member.commit(offsets)
    give({ generation: 2 })
    fail('heartbeat', { type: 'REBALANCE_IN_PROGRESS' })
    await clock.advance(HEARTBEAT_MS)
    await member.commit(offsets)
    expect(calls.filter(call => call.startsWith('commit'))).toEqual(['commit m/1 5', 'commit m/2 5'])
    await member.stop()
  })

  it('outlasts a coordinator that is away for less than its session, and ends when it is for longer', async () => {
    const { clock, member, calls, joins, fail } = setUp()
    void member.start()
    await clock.advance(0)
    fail('heartbeat', { isPassing: true })
    await clock.advance(SESSION_MS - HEARTBEAT_MS)
    fail('heartbeat')
    await clock.advance(HEARTBEAT_MS)
    expect(calls.at(-1)).toBe('heartbeat m/1')
    expect(joins).toHaveLength(1)
    fail('heartbeat', { isPassing: true })
    await clock.advance(SESSION_MS + HEARTBEAT_MS * 2)
    expect(await member.ended).toMatchObject({ facts: { isPassing: true } })
    await member.stop()
  })

  it('ends at once for a reason that does not pass', async () => {
    const { clock, member, fail } = setUp()
    fail('join', { type: 'GROUP_AUTHORIZATION_FAILED' })
    void member.start()
    await clock.advance(0)
    expect(await member.ended).toMatchObject({ facts: { type: 'GROUP_AUTHORIZATION_FAILED' } })
    await member.stop()
  })

  it('leaves when it is stopped, also while it waits for the others', async () => {
    const { clock, member, calls, holdJoin, fail } = setUp()
    void member.start()
    await clock.advance(0)
    fail('heartbeat', { type: 'REBALANCE_IN_PROGRESS' })
    holdJoin()
    await clock.advance(HEARTBEAT_MS)
    calls.length = 0
    await member.stop()
    expect(calls).toEqual(['close ', 'leave m', 'disconnect '])
    expect(await member.ended).toBeUndefined()
  })

  it('does not wait long for a coordinator that does not let it go', async () => {
    const { clock, member, calls, holdLeave } = setUp()
    void member.start()
    await clock.advance(0)
    holdLeave()
    const stopped = member.stop()
    await clock.advance(6_000)
    await stopped
    expect(calls.at(-1)).toBe('disconnect ')
  })
})
