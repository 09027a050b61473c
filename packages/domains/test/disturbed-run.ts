import type { EventOf, Topic } from '@millrace/contracts'
import type { Topology } from '@millrace/stream'
import { createTopologyDriver, disturb } from '@millrace/testing'
import { type Arbitrary, array, constant, constantFrom, integer, oneof, record } from 'fast-check'

const SETTLED_MS = 4_000

/** An event that is sent, or one that is sent again. */
interface Sent<Draw> {
  readonly draw: Draw
  /** How many events ago it was sent first; 0 is a new one. */
  readonly copyOf: number
}

type Deed<Draw> =
  | { readonly kind: 'send'; readonly events: readonly Sent<Draw>[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'crash' | 'stop' | 'rebalance' }

/** What happens to a topology: events in any order and several times, time passes, kills and rebalances. @param draw what an event is made of */
export const deedsOf = <Draw>(draw: Arbitrary<Draw>): Arbitrary<Deed<Draw>[]> =>
  array(
    oneof(
      {
        weight: 5,
        arbitrary: record({
          kind: constant('send' as const),
          events: array(
            record({
              draw,
              copyOf: oneof(
                { weight: 4, arbitrary: constant(0) },
                { weight: 1, arbitrary: integer({ min: 1, max: 6 }) },
              ),
            }),
            { minLength: 1, maxLength: 12 },
          ),
        }),
      },
      { weight: 3, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
      { weight: 3, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
    ),
    { minLength: 3, maxLength: 12 },
  )

/**
 * Does what was drawn to a topology that reads one source.
 * @param eventOf an event with an id of its own
 * @returns the events that were sent, once each, and everything that was published in `results`
 */
export async function disturbedRun<Source extends Topic, Results extends Topic, Draw>(
  { topology, source, results }: { readonly topology: Topology; readonly source: Source; readonly results: Results },
  deeds: readonly Deed<Draw>[],
  eventOf: (draw: Draw) => EventOf<Source>,
): Promise<{ readonly sent: readonly EventOf<Source>[]; readonly published: readonly EventOf<Results>[] }> {
  await using driver = await createTopologyDriver(topology)
  const all: EventOf<Source>[] = []
  for (const deed of deeds) {
    if (deed.kind === 'send')
      for (const { draw, copyOf } of deed.events) {
        const event = (copyOf > 0 && all.at(-copyOf)) || eventOf(draw)
        all.push(event)
        await driver.pipe(source, event)
      }
    else if (deed.kind === 'wait') await driver.advance(deed.ms)
    else await disturb(driver, deed.kind)
  }
  await driver.advance(SETTLED_MS)
  return { sent: [...new Set(all)], published: (await driver.read(results)) as EventOf<Results>[] }
}

/** Of each name the row of the highest revision, without the revision. */
export function newestRows<Row extends { readonly revision: number }>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): Readonly<Record<string, Omit<Row, 'revision'>>> {
  const found = new Map<string, Row>()
  for (const row of rows) if (row.revision >= (found.get(nameOf(row))?.revision ?? 0)) found.set(nameOf(row), row)
  return Object.fromEntries([...found].map(([name, { revision: _, ...row }]) => [name, row]))
}
