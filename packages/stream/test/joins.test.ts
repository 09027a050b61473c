import { defineTopic, keyField, type Topic } from '@millrace/contracts'
import type { LogReader, LogRecord } from '@millrace/event-log'
import { createServiceMetrics } from '@millrace/runtime'
import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constantFrom, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createJoinMetrics,
  createReferenceJoin,
  type JoinMetrics,
  ReferenceTable,
  type Topology,
} from '../src/index.ts'
import { type Click, clicks, clicksOf, deed, live, newestOf, roughDeed, type World } from './clicks-world.ts'
import { samples } from './support.ts'

const reference = (name: string, partitions: number) =>
  defineTopic({
    name,
    schema: z.looseObject({ key: z.string(), text: z.string() }),
    keyOf: keyField('key'),
    eventTimeMs: () => null,
    timeText: 'none',
    partitions,
    cleanup: 'compact',
    why: 'Rows that clicks are joined with.',
  })
const pages = reference('clicks.pages', 2)
const prices = reference('clicks.prices', 1)
const joined = defineTopic({
  name: 'clicks.joined',
  schema: z.looseObject({
    eventId: z.string(),
    title: z.string().nullable(),
    price: z.string().nullable(),
    revision: z.number(),
  }),
  keyOf: keyField('eventId'),
  eventTimeMs: () => null,
  timeText: 'none',
  partitions: 2,
  why: 'Clicks with the title of their page and a price.',
})
const priceOf = ({ n }: Click): string => `${Math.abs(n) % 2}`

interface Limits {
  readonly waitMs?: number
  readonly maxWaiting?: number
  readonly metrics?: JoinMetrics
  /** Told of each joined event whether it is a correction. */
  readonly onJoin?: (isCorrection: boolean) => void
}

const joins =
  ({ waitMs = 1e12, maxWaiting = 1_000, metrics, onJoin }: Limits = {}) =>
  (log: LogReader): Topology => {
    let made = 0
    const join = () =>
      createReferenceJoin({
        name: 'aggregator.joins',
        service: 'aggregator',
        source: clicks,
        results: joined,
        tables: {
          page: { table: new ReferenceTable(pages, log), keyOf: ({ page }: Click) => page },
          price: { table: new ReferenceTable(prices, log), keyOf: priceOf },
        },
        join: ({ eventId }, { page, price }, revision, isCorrection) => {
          onJoin?.(isCorrection)
          return { eventId, title: page?.text ?? null, price: price?.text ?? null, revision }
        },
        waitMs,
        maxWaiting,
        ...(metrics && { metrics }),
      })
    let current = join()
    return {
      ...current,
      // A process that begins has empty tables.
      createProcessor: (topic, partition) => {
        if (made++ % clicks.partitions === 0) current = join()
        return current.createProcessor(topic, partition)
      },
    }
  }

const everyRow = [
  [pages, 'home'],
  [pages, 'shop'],
  [prices, '0'],
  [prices, '1'],
] as const

const putRow = async (driver: TopologyDriver, [topic, key]: (typeof everyRow)[number], text: string): Promise<void> => {
  const producer = await driver.log.producer({ clientId: 'rows' })
  const value = Buffer.from(text === '' ? '' : JSON.stringify({ key, text }))
  const row = { key: Buffer.from(key), value, timestampMs: driver.clock.now() }
  const [result] = await producer.append(topic.name, [row], { deadlineMs: 60_000 })
  if (result?.ok !== true) throw result?.error
}

/** Which row is put, and before which deed. */
const rowAt = record({ at: nat(16), row: constantFrom(...everyRow) })

const newestJoined = async ({ driver }: Pick<World, 'driver'>) =>
  newestOf(await driver.read(joined), ({ eventId }) => eventId)

describe('events joined with reference rows', () => {
  it('have every row in the end, whenever rows arrive, killed at any call, rebalanced, or records expire', async () => {
    await assert(
      asyncProperty(
        array(oneof(deed, roughDeed), { minLength: 4, maxLength: 16 }),
        array(rowAt, { maxLength: 6 }),
        async (deeds, rows) => {
          let version = 0
          const put = new Set<unknown>()
          await live(
            joins(),
            deeds,
            async world => {
              const newest = await newestJoined(world)
              expect(new Set(newest.keys())).toEqual(new Set(world.sent.keys()))
              const stored = new Set((await clicksOf(world)).map(({ eventId }) => eventId))
              for (const [eventId, click] of world.sent) {
                const { title, price } = newest.get(eventId)!
                // An event that retention took while it waited stays marked.
                if (title !== null || stored.has(eventId)) expect(title?.split(' ')[0]).toBe(click.page)
                if (price !== null || stored.has(eventId)) expect(price?.split(' ')[0]).toBe(priceOf(click))
              }
            },
            {
              topics: [pages, prices],
              between: async ({ driver }, index) => {
                const due = rows.filter(({ at }) => at === index).map(({ row }) => row)
                // In the end no row is missing.
                if (index === deeds.length) due.push(...everyRow.filter(row => !put.has(row) && !due.includes(row)))
                for (const row of due) {
                  put.add(row)
                  await putRow(driver, row, `${row[1]} ${++version}`)
                }
              },
            },
          )
        },
      ),
      { numRuns: 60, endOnFailure: true },
    )
  }, 240_000)

  const driverOf = (limits?: Limits) => createTopologyDriver(joins(limits), { topics: [pages, prices] })
  const click = (driver: TopologyDriver, ...ids: string[]) =>
    driver.pipe(
      clicks,
      ...ids.map(eventId => ({
        eventId,
        datetime: new Date(driver.clock.now()).toISOString(),
        ...{ user: 'ann', page: 'home', n: 0 },
      })),
    )
  const [home, , free] = everyRow

  it('are marked while a row is missing, and published again with a greater revision', async () => {
    const corrections: boolean[] = []
    await using driver = await driverOf({ onJoin: isCorrection => corrections.push(isCorrection) })
    await click(driver, 'a')
    expect(await driver.read(joined)).toEqual([{ eventId: 'a', title: null, price: null, revision: 0 }])
    await putRow(driver, home, 'Home')
    await driver.advance(1_500)
    await putRow(driver, free, 'free')
    await driver.advance(1_500)
    expect((await driver.read(joined)).slice(1)).toEqual([
      { eventId: 'a', title: 'Home', price: null, revision: 1 },
      { eventId: 'a', title: 'Home', price: 'free', revision: 2 },
    ])
    expect(corrections).toEqual([false, true, true])
  })

  it('have the rows that were stored before them, and look for one that is absent once between two ticks', async () => {
    await using driver = await driverOf()
    await driver.advance(1_500)
    await putRow(driver, home, 'Home')
    await putRow(driver, free, 'free')
    await click(driver, 'a')
    await putRow(driver, home, '')
    await driver.advance(1_500)
    await click(driver, 'b')
    await putRow(driver, home, 'New home')
    await click(driver, 'c')
    expect((await driver.read(joined)).map(({ eventId, title, price }) => `${eventId} ${title} ${price}`)).toEqual([
      'a Home free',
      'b null free',
      'c null free',
    ])
    await driver.advance(1_500)
    expect((await newestJoined({ driver })).get('c')).toMatchObject({ title: 'New home' })
  })

  it('lack a row that was removed, until there is one again', async () => {
    await using driver = await driverOf()
    await putRow(driver, home, 'Home')
    await putRow(driver, free, 'free')
    await putRow(driver, home, '')
    await driver.advance(1_500)
    await click(driver, 'a')
    await putRow(driver, home, 'New home')
    await driver.advance(1_500)
    expect(await driver.read(joined)).toEqual([
      { eventId: 'a', title: null, price: 'free', revision: 1 },
      { eventId: 'a', title: 'New home', price: 'free', revision: 4 },
    ])
  })

  it('get a row that arrives while no process runs', async () => {
    await using driver = await driverOf()
    await putRow(driver, free, 'free')
    await driver.advance(1_500)
    await click(driver, 'a')
    await driver.advance(1_500)
    await driver.crash()
    await putRow(driver, home, 'Home')
    await driver.restart()
    await driver.advance(1_500)
    expect((await newestJoined({ driver })).get('a')).toMatchObject({ title: 'Home', price: 'free' })
  })

  it('are not published again by a restart when nothing arrived', async () => {
    await using driver = await driverOf()
    await putRow(driver, free, 'free')
    await driver.advance(1_500)
    await click(driver, 'a')
    await driver.advance(1_500)
    await driver.crash()
    await driver.restart()
    await driver.advance(1_500)
    expect(await driver.read(joined)).toHaveLength(1)
  })

  it('wait in bounded number and for a bounded time; the oldest are given up', async () => {
    const metrics = createJoinMetrics('aggregator', createServiceMetrics('aggregator').registry)
    await using driver = await driverOf({ maxWaiting: 2, waitMs: 5_000, metrics })
    await click(driver, 'a', 'b', 'c')
    await putRow(driver, home, 'Home')
    await driver.advance(1_500)
    const titled = async () =>
      (await driver.read(joined)).filter(({ title }) => title !== null).map(({ eventId }) => eventId)
    expect(await titled()).toEqual(['b', 'c'])
    await driver.advance(5_000)
    await click(driver, 'd')
    await putRow(driver, free, 'free')
    await driver.advance(1_500)
    expect(await titled()).toEqual(['b', 'c', 'd', 'd'])
    expect(await samples(metrics.givenUp)).toEqual({ 'clicks.raw/too_many': 2, 'clicks.raw/too_long': 1 })
    expect([await samples(metrics.missing), await samples(metrics.healed)]).toEqual([
      { 'clicks.raw': 4 },
      { 'clicks.raw': 1 },
    ])
    expect(Object.values(await samples(metrics.waiting))).toEqual([0])
  })

  it('are not published again when a row changes after they were complete', async () => {
    await using driver = await driverOf()
    await putRow(driver, free, 'free')
    await click(driver, 'a')
    await putRow(driver, home, 'Home')
    await driver.advance(1_500)
    await putRow(driver, home, 'New home')
    await driver.advance(1_500)
    expect((await driver.read(joined)).map(({ title }) => title)).toEqual([null, 'Home'])
  })

  it('have a row that another partition read before the position that is committed with it', async () => {
    await using driver = await driverOf()
    await driver.crash()
    const topology = joins({ waitMs: 5_000 })(driver.log)
    const opened = async (partition: number, committed: { offset: number; metadata: string } | null = null) => {
      const processor = topology.createProcessor(clicks as Topic, partition)
      await processor.open({ topic: clicks.name, partition, epoch: 1, committed, earliest: 0, end: 9 })
      return processor
    }
    const recordAt = (offset: number, timestampMs: number): LogRecord => {
      const event = { eventId: `e${offset}`, datetime: '2026-01-01T00:00:00.000Z', user: 'ann', page: 'home', n: 0 }
      const value = Buffer.from(JSON.stringify(event))
      return { topic: clicks.name, partition: 0, offset, key: Buffer.from('ann'), value, timestampMs }
    }
    const titles = (result: { readonly emits: readonly { readonly value: Buffer }[] } | null | undefined) =>
      result?.emits.map(({ value }) => JSON.parse(value.toString())).map(({ eventId, title }) => `${eventId} ${title}`)

    const first = await opened(0)
    const other = await opened(1)
    expect(titles(await first.process([recordAt(0, 0)]))).toEqual(['e0 null'])
    await putRow(driver, home, 'Home')
    await other.tick?.(0)
    // It would have waited long enough by now.
    const { done, metadata = '', ...result } = await first.process([recordAt(1, 6_000)])
    expect(titles(result)?.toSorted()).toEqual(['e0 Home', 'e1 Home'])

    // State that is not rebuilt yet publishes nothing.
    await putRow(driver, free, 'free')
    const second = await opened(0, { offset: done!, metadata })
    await second.process([recordAt(0, 0)])
    expect(await second.tick?.(0)).toBeNull()
  })
})
