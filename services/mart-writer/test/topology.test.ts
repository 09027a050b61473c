import { defineMeasure, type MartTable } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { type Mart, martError } from '@millrace/mart'
import { createServiceMetrics, ManualClock, Registry } from '@millrace/runtime'
import { createTopologyDriver } from '@millrace/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMartWriterMetrics, createMartWriterTopology, createMeasureCounter } from '../src/index.ts'
import { everyTable, openTestMart, rowsOf, tableOf } from './embedded-world.ts'
import { alert, curated, score, truth } from './lol-events.ts'

const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** A mart whose upserts pass through `onUpsert` first. */
const tampered = (mart: Mart, onUpsert: (table: MartTable, rows: readonly unknown[]) => void): Mart => ({
  ...mart,
  upsert: async (...call) => {
    onUpsert(...call)
    return mart.upsert(...call)
  },
})

describe('mart writer', () => {
  it('writes a curated action into the analysis and the training set', async () => {
    await using mart = await openTestMart()
    await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart }))
    const change = { method: '/getItem', buyItem: 1, deathCount: 3, status: 1, 'x+y': 2 } as const
    const way: [number, number, number][] = [
      [437, -121, 30.5],
      [62, -2, 0],
    ]
    await driver.pipe(lol.topics.curated, curated(5, { ...change, speed: 2.5, elapsedMs: 600, path: way }))
    const shared = {
      event_id: '00000001-0000-4000-8000-000000000005',
      datetime: Date.UTC(2025, 11, 31, 23, 0, 5),
      room_day: '2025-12-31',
      champion: 'Vex',
      account: 'player 5',
      room_id: 'room 1',
      ingametime: '0:1',
      x: 5,
      y: -5,
      x_plus_y: 2,
      speed: 2.5,
    }
    expect(await rowsOf(mart, 'lol_analysis')).toEqual([
      {
        ...shared,
        method: '/getItem',
        ip: '192.168.0.1',
        death_count: 3,
        record_id: 'record 5',
        inputkey: 'q',
        status: 1,
        create_room_date: Date.UTC(2025, 11, 31, 23),
        buy_item: 1,
        displacement: 1.5,
        elapsed_ms: 600,
        path: '[[437,-121,30.5],[62,-2,0]]',
      },
    ])
    expect(await rowsOf(mart, 'lol_training')).toEqual([{ ...shared, label: null, cheat: null }])
  })

  it('does not write rows whose retention has ended, counts them, and fails no record for them', async () => {
    const retention = new Map([['lol_analysis', 86_400_000]])
    await using mart = await openTestMart({ retention, clock: new ManualClock(Date.UTC(2026, 0, 1, 23, 0, 6)) })
    const core = createServiceMetrics('mart-writer', { processMetrics: false })
    const metrics = createMartWriterMetrics(core)
    await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart, metrics }))
    await driver.pipe(lol.topics.curated, curated(5), curated(7))
    expect((await rowsOf(mart, 'lol_analysis')).map(row => row.datetime)).toEqual([Date.UTC(2025, 11, 31, 23, 0, 7)])
    expect(await rowsOf(mart, 'lol_training')).toHaveLength(2)
    const counted = async (name: string) =>
      (await core.registry.getSingleMetric(`millrace_mart_writer_${name}_total`)!.get()).values.map(
        ({ labels, value }) => [labels.table, value],
      )
    expect(await counted('rows_expired')).toEqual([['lol_analysis', 1]])
    expect(await counted('rows_written')).toEqual([
      ['lol_analysis', 1],
      ['lol_training', 2],
    ])
    expect(await driver.failed()).toEqual([])
  })

  it('keeps the first action of a player, which has no predecessor, and one without a room', async () => {
    await using mart = await openTestMart()
    await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart }))
    const { roomID, createRoomDate, ...bare } = curated(0)
    await driver.pipe(lol.topics.curated, bare)
    expect(await rowsOf(mart, 'lol_analysis')).toMatchObject([
      { room_id: '', create_room_date: null, displacement: null, elapsed_ms: null, speed: null },
    ])
    expect(await driver.failed()).toEqual([])
  })

  it('labels all actions of a player in a match, whenever the truth comes, and makes no row of an episode', async () => {
    await using mart = await openTestMart()
    await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart }))
    await driver.pipe(lol.topics.curated, curated(3), curated(17))
    await driver.pipe(lol.topics.truth, truth(3), truth(4), truth(3, { kind: 'episode', cheater: false }))
    await driver.pipe(lol.topics.curated, curated(4), curated(31))
    const labels = (await rowsOf(mart, 'lol_training')).map(row => [row.account, row.label, row.cheat])
    expect(labels).toEqual([
      ['player 3', true, 'teleport'],
      ['player 4', false, null],
      ['player 3', true, 'teleport'],
      ['player 3', true, 'teleport'],
    ])
  })

  it('stores scores by player and day, and alerts by day, newest first', async () => {
    await using mart = await openTestMart()
    await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart }))
    await driver.pipe(lol.topics.scores, score(0), score(7), score(3605))
    await driver.pipe(lol.topics.alerts, alert(7), alert(8), alert(3605))
    const scores = await mart.select(tableOf('lol_scores_by_player'), { account: 'player 0', day: '2025-12-31' })
    expect(scores.map(row => [row.source_event_id, row.contributions])).toEqual([
      [curated(7).eventId, '[{"feature":"speed","value":3,"contribution":0.25}]'],
      [curated(0).eventId, '[{"feature":"speed","value":3,"contribution":0.25}]'],
    ])
    const alerts = await mart.select(tableOf('lol_alerts_by_day'), { day: '2025-12-31' })
    expect(alerts.map(row => row.source_event_id)).toEqual([curated(8).eventId, curated(7).eventId])
    expect(await mart.select(tableOf('lol_alerts_by_day'), { day: '2026-01-01' })).toHaveLength(1)
  })

  it.each([
    ['{"eventId":', 'not_json', null, null],
    ['[1]', 'not_an_object', null, null],
    [JSON.stringify({ ...curated(1), account: undefined }), 'wrong_field', '/account', curated(1).eventId],
    [JSON.stringify({ ...curated(1), datetime: 'yesterday' }), 'wrong_field', '/datetime', curated(1).eventId],
    [JSON.stringify({ ...curated(1), deathCount: 2 ** 31 }), 'unfit_value', '/deathCount', curated(1).eventId],
    [JSON.stringify({ ...curated(1), champion: '가'.repeat(22_000) }), 'unfit_value', '/champion', curated(1).eventId],
  ])(
    'sends a record that no table can hold to failed-events, with the reason, and writes the others (%#)',
    async (value, code, path, sourceEventId) => {
      await using mart = await openTestMart()
      await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart }))
      await driver.pipe(lol.topics.curated, curated(1, { eventId: curated(100).eventId }))
      await driver.pipeBytes('lol.curated', 'player 1', value)
      await driver.pipe(lol.topics.curated, curated(8))
      expect((await rowsOf(mart, 'lol_analysis')).map(row => row.event_id)).toEqual([
        curated(8).eventId,
        curated(100).eventId,
      ])
      expect(await driver.failed()).toMatchObject([
        {
          service: 'mart-writer',
          stage: 'sink',
          sink: 'mart',
          code,
          path,
          sourceEventId,
          topic: 'lol.curated',
          payload: Buffer.from(value).toString('base64'),
        },
      ])
      await driver.advance(2000)
      const committed = [...(await driver.committed('lol.curated')).values()].map(({ offset }) => offset)
      expect(committed.reduce((sum, offset) => sum + offset, 0)).toBe(3)
    },
  )

  it('isolates the rows that the mart itself refuses and writes all others of the batch', async () => {
    await using mart = await openTestMart()
    const poison = new Set([curated(11).eventId, curated(12).eventId, curated(60).eventId])
    const picky = tampered(mart, (table, rows) => {
      const refused = rows.some(row => poison.has((row as { values: { event_id: string } }).values.event_id))
      if (refused && table.name === 'lol_training')
        throw martError('row_refused', { table: table.name, where: 'here', reason: 'too large' })
    })
    const metrics = createServiceMetrics('mart-writer', { processMetrics: false })
    const topology = createMartWriterTopology({ domain: lol, mart: picky, metrics: createMartWriterMetrics(metrics) })
    await using driver = await createTopologyDriver(topology)
    await driver.pipe(lol.topics.curated, ...indexes(100).map(index => curated(index)))
    expect((await driver.failed()).map(({ code, sourceEventId }) => [code, sourceEventId]).sort()).toEqual(
      [...poison].map(id => ['refused_by_mart', id]),
    )
    const training = new Set((await rowsOf(mart, 'lol_training')).map(row => row.event_id))
    expect(training.size).toBe(97)
    expect([...poison].some(id => training.has(id))).toBe(false)
    expect(await rowsOf(mart, 'lol_analysis')).toHaveLength(100)
    const text = await metrics.registry.metrics()
    expect(text).toMatch(/millrace_mart_writer_rows_written_total\{table="lol_training",[^}]*\} 97\n/)
    expect(text).toMatch(/millrace_mart_writer_rows_refused_total\{table="lol_training",[^}]*\} 3\n/)
  })

  it('names once each record that some of its tables refuse', async () => {
    await using mart = await openTestMart()
    const moves = [1, 2, 3, 4].map(index => curated(index, { account: 'player 1' }))
    const ids = moves.map(({ eventId }) => eventId)
    const poison = new Map([
      ['lol_training', new Set(ids.slice(0, 2))],
      ['lol_analysis', new Set(ids.slice(1, 3))],
    ])
    const picky = tampered(mart, (table, rows) => {
      for (const { values } of rows as { values: { event_id: string } }[])
        if (poison.get(table.name)?.has(values.event_id))
          throw martError('row_refused', { table: table.name, where: 'here', reason: 'too large' })
    })
    await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart: picky }))
    await driver.pipe(lol.topics.curated, ...moves)
    expect((await driver.failed()).map(({ sourceEventId }) => sourceEventId).sort()).toEqual(ids.slice(0, 3))
    expect((await rowsOf(mart, 'lol_training')).map(row => row.event_id).sort()).toEqual(ids.slice(2))
    expect((await rowsOf(mart, 'lol_analysis')).map(row => row.event_id).sort()).toEqual([ids[0], ids[3]])
  })

  it('waits for a mart that is away, loses nothing and marks nothing as failed', async () => {
    await using mart = await openTestMart()
    let away = true
    const flaky = tampered(mart, () => {
      if (away) throw martError('mart_unavailable', { where: 'here', reason: 'refused' })
    })
    await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart: flaky }))
    await driver.pipe(lol.topics.scores, ...indexes(20).map(index => score(index)))
    await driver.advance(60_000)
    expect(await rowsOf(mart, 'lol_scores_by_player')).toEqual([])
    expect((await driver.committed('lol.scores')).size).toBe(0)
    away = false
    await driver.advance(15_000)
    expect(await rowsOf(mart, 'lol_scores_by_player')).toHaveLength(20)
    expect(await driver.failed()).toEqual([])
  })

  it('stops, and skips nothing, on an error that it does not understand', async () => {
    await using mart = await openTestMart()
    const broken = tampered(mart, () => {
      throw new Error('never seen before')
    })
    const driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart: broken }))
    await expect(driver.pipe(lol.topics.scores, score(1))).rejects.toThrow('never seen before')
    await driver.crash()
    expect((await driver.committed('lol.scores')).size).toBe(0)
    expect(await driver.failed()).toEqual([])
    await driver.close()
  })

  it('fills identical tables whatever the order of topics, crashes, rebalances and failures', async () => {
    const undisturbed = await openTestMart()
    const events = {
      curated: indexes(60).map(index => curated(index)),
      truth: indexes(14).map(index => truth(index)),
      scores: indexes(60).map(index => score(index)),
    }
    await using calm = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart: undisturbed }))
    for (const topic of Object.keys(events) as (keyof typeof events)[])
      await calm.pipe(lol.topics[topic], ...(events[topic] as never[]))
    const wanted = await everyTable(undisturbed)
    expect(wanted.lol_training).toHaveLength(60)

    const step = fc.record({
      topic: fc.constantFrom(...(Object.keys(events) as (keyof typeof events)[])),
      from: fc.nat({ max: 59 }),
      count: fc.integer({ min: 1, max: 20 }),
      afterwards: fc.constantFrom('nothing', 'crash', 'rebalance', 'fail once', 'fail after writing'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async steps => {
        await using mart = await openTestMart()
        let fault: string | null = null
        const disturbed: Mart = {
          ...mart,
          upsert: async (...call) => {
            const now = fault
            fault = null
            if (now === 'fail once') throw martError('mart_unavailable', { where: 'here', reason: 'test' })
            const written = await mart.upsert(...call)
            if (now === 'fail after writing') throw martError('mart_timeout', { where: 'here', reason: 'test' })
            return written
          },
        }
        await using driver = await createTopologyDriver(createMartWriterTopology({ domain: lol, mart: disturbed }))
        for (const { topic, from, count, afterwards } of steps) {
          fault = afterwards
          await driver.pipe(lol.topics[topic], ...(events[topic].slice(from, from + count) as never[]))
          if (afterwards === 'crash') {
            await driver.crash()
            await driver.restart()
          }
          if (afterwards === 'rebalance') await driver.rebalance()
          await driver.advance(500)
        }
        fault = null
        for (const topic of (Object.keys(events) as (keyof typeof events)[]).reverse())
          await driver.pipe(lol.topics[topic], ...(events[topic].toReversed() as never[]))
        await driver.advance(1000)
        expect(await everyTable(mart)).toEqual(wanted)
        expect(await driver.failed()).toEqual([])
      }),
      // A failing run is worth more at once than made small after minutes.
      { numRuns: 15, endOnFailure: true },
    )
    await undisturbed[Symbol.asyncDispose]()
  })

  it('counts what events count for once their rows are written, values that nobody declared together', async () => {
    await using mart = await openTestMart()
    const registry = new Registry()
    let isAway = true
    const shaky = tampered(mart, () => {
      if (isAway) throw martError('mart_unavailable', { where: 'here', reason: 'refused' })
    })
    const measures = [
      defineMeasure({
        ...{ name: 'falls', topic: lol.topics.curated, title: 'Falls', description: 'Deaths.', label: 'champion' },
        values: ['Vex'],
        of: ({ champion, deathCount }) => (deathCount === 0 ? null : { as: champion, by: deathCount }),
      }),
    ]
    const addMeasured = createMeasureCounter(measures, registry)
    const topology = createMartWriterTopology({ domain: { ...lol, measures }, mart: shaky, addMeasured })
    await using driver = await createTopologyDriver(topology)
    await driver.pipe(
      lol.topics.curated,
      curated(1, { deathCount: 2 }),
      curated(2, { deathCount: 0 }),
      curated(3, { champion: 'Nobody', deathCount: 5 }),
      curated(4, { deathCount: 1 }),
    )
    await driver.advance(60_000)
    isAway = false
    await driver.advance(15_000)
    const [{ values } = { values: [] }] = await registry.getMetricsAsJSON()
    // The partitions are written side by side: the metric has the champions in no order.
    expect(Object.fromEntries(values.map(({ labels, value }) => [labels.champion, value]))).toEqual({
      Vex: 3,
      other: 5,
    })
  })
})
