import type { Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { disturb, type LogCall, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rememberedOf, rememberingInto } from './remembering.ts'
import { driverOf, scattered, scores } from './support.ts'

const START_MS = Date.UTC(2025, 0, 1)

type Deed =
  | { readonly kind: 'send'; readonly records: readonly Sent[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'crash' | 'stop' | 'rebalance' }
  | { readonly kind: 'crash-at' | 'stop-at'; readonly call: number }

interface Sent {
  readonly key: string
  readonly jitterMs: number
  readonly gapMs: number
  readonly what: 'new' | 'again' | 'bad'
}

const sent = record<Sent>({
  key: constantFrom('ann', 'bob', 'cem', 'dee'),
  jitterMs: oneof({ weight: 5, arbitrary: constant(0) }, { weight: 1, arbitrary: nat(90_000) }),
  gapMs: oneof({ weight: 8, arbitrary: nat(9_000) }, { weight: 1, arbitrary: nat(200_000) }),
  what: oneof(
    { weight: 8, arbitrary: constant('new' as const) },
    { weight: 1, arbitrary: constantFrom('again' as const, 'bad' as const) },
  ),
})

const deed = oneof(
  {
    weight: 6,
    arbitrary: record({ kind: constant('send' as const), records: array(sent, { minLength: 1, maxLength: 15 }) }),
  },
  { weight: 3, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
  { weight: 3, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
  {
    weight: 3,
    arbitrary: record({
      kind: constantFrom('crash-at' as const, 'stop-at' as const),
      call: integer({ min: 1, max: 12 }),
    }),
  },
)

interface Outcome {
  /** Per id of an output: every different text of it. */
  readonly texts: ReadonlyMap<string, ReadonlySet<string>>
  /** Per id: how often it was published. */
  readonly copies: ReadonlyMap<string, number>
  /** Per key: ids in the order in which they appeared first. */
  readonly order: ReadonlyMap<string, readonly string[]>
  readonly failed: ReadonlySet<string>
  readonly uncommitted: number
}

/** Does the deeds, those that disturb only where `isDisturbed`, and looks at what came of it. */
async function live(
  target: Topic,
  deeds: readonly Deed[],
  isDisturbed: boolean,
  calls: LogCall[] = [],
): Promise<Outcome> {
  let callsLeft = Number.POSITIVE_INFINITY
  let isKilledThen = false
  let isStopping = false
  const onLogCall = (call: LogCall): void => {
    calls.push(call)
    if (--callsLeft !== 0) return
    if (isKilledThen) driver.crashNow()
    else {
      isStopping = true
      void driver.runner.stop()
    }
  }
  const revive = async (): Promise<void> => {
    await driver.advance(1)
    if (isStopping || !driver.isRunning) await driver.restart()
    isStopping = false
  }
  const driver: TopologyDriver = await driverOf(rememberingInto(target), { onLogCall })
  try {
    const producer = await driver.log.producer({ clientId: 'sender' })
    const before: { key: string; text: string }[] = []
    let atMs = START_MS
    for (const deed of deeds) {
      if (deed.kind === 'send')
        for (const { key, jitterMs, gapMs, what } of deed.records) {
          atMs += gapMs
          const fresh = { key, text: `e${before.length} ${what === 'bad' ? 'bad' : atMs - jitterMs}` }
          const next = what === 'again' ? (before[before.length - 1 - (jitterMs % 5)] ?? fresh) : fresh
          before.push(next)
          const { key: name, text } = next
          const outgoing = { key: Buffer.from(name), value: Buffer.from(text), timestampMs: atMs + 86_400_000 }
          await producer.append('test.raw', [outgoing], { deadlineMs: 60_000 })
        }
      else if (deed.kind === 'wait') await driver.advance(deed.ms)
      else if (!isDisturbed) continue
      else if (deed.kind === 'crash-at' || deed.kind === 'stop-at') {
        callsLeft = deed.call
        isKilledThen = deed.kind === 'crash-at'
      } else await disturb(driver, deed.kind)
      if (!deed.kind.endsWith('-at')) await revive()
    }
    callsLeft = Number.POSITIVE_INFINITY
    await revive()
    await driver.advance(2_000)
    return await look(target, driver)
  } finally {
    await driver.close()
  }
}

async function look({ name }: Topic, driver: TopologyDriver): Promise<Outcome> {
  const texts = new Map<string, Set<string>>()
  const copies = new Map<string, number>()
  const order = new Map<string, string[]>()
  const byPosition = (a: LogRecord, b: LogRecord) => a.partition - b.partition || a.offset - b.offset
  for (const output of (await driver.records(name)).sort(byPosition)) {
    const text = rememberedOf(output)
    const id = text.split(' ')[0]!
    const key = output.key.toString()
    texts.set(id, (texts.get(id) ?? new Set()).add(text))
    copies.set(id, (copies.get(id) ?? 0) + 1)
    if (copies.get(id) === 1) order.set(key, [...(order.get(key) ?? []), id])
  }
  const committed = await driver.committed('test.raw')
  const uncommitted = (await driver.log.range('test.raw')).reduce(
    (sum, { partition, end }) => sum + end - (committed.get(partition)?.offset ?? 0),
    0,
  )
  const failed = new Set((await driver.failed()).map(({ eventId }) => eventId))
  return { texts, copies, order, failed, uncommitted }
}

/** With the same partitions as the source, and with others. */
const targets = [scores, scattered].map(target => [target.name, target] as const)

describe.each(targets)('a topology that is killed or stopped, with outputs in %s', (_, target) => {
  const plain = { key: 'ann', jitterMs: 0, gapMs: 3_000, what: 'new' } as const
  const records: Sent[] = [
    plain,
    { ...plain, key: 'bob' },
    { ...plain, what: 'again' },
    { ...plain, what: 'bad' },
    plain,
  ]
  const day: readonly Deed[] = [
    { kind: 'send', records },
    { kind: 'wait', ms: 1_500 },
    { kind: 'send', records: [...records, ...records] },
    { kind: 'wait', ms: 1_500 },
  ]

  it.each(['crash-at', 'stop-at'] as const)(
    'gives the same, each output once, at whichever step of storing and committing it comes: %s',
    async kind => {
      const calls: LogCall[] = []
      const calm = await live(target, day, false, calls)
      const steps = new Set(calls.map(({ operation, phase, topics }) => `${phase} ${operation} ${topics}`))
      expect([...steps].sort()).toEqual([
        'after append failed-events',
        `after append ${target.name}`,
        'after commit test.raw',
        'before append failed-events',
        `before append ${target.name}`,
        'before commit test.raw',
      ])
      for (let call = 1; call <= calls.length; call++) {
        const killed = await live(target, [{ kind, call }, ...day], true)
        expect({ call, ...killed }).toEqual({ call, ...calm })
      }
    },
  )

  it('gives in the end what it would have given undisturbed: no loss, nothing twice, no other result, order per key', async () => {
    await assert(
      asyncProperty(array(deed, { minLength: 4, maxLength: 16 }), async deeds => {
        const calm = await live(target, deeds, false)
        const stormy = await live(target, deeds, true)
        expect(Object.fromEntries(stormy.texts)).toEqual(Object.fromEntries(calm.texts))
        expect(Object.fromEntries(stormy.order)).toEqual(Object.fromEntries(calm.order))
        expect(Object.fromEntries(stormy.copies)).toEqual(Object.fromEntries(calm.copies))
        expect(stormy.failed).toEqual(calm.failed)
        expect([stormy.uncommitted, calm.uncommitted]).toEqual([0, 0])
      }),
      { numRuns: 30 },
    )
  })
})
