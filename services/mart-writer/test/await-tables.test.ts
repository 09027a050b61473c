import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bigint, defineTable, text } from '@millrace/contracts'
import { createEmbeddedMart, type Mart, martError } from '@millrace/mart'
import { createHealth, createLogger, ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startBehindTables } from '../src/await-tables.ts'

const tables = ['visits', 'visits_by_day'].map(name =>
  defineTable({
    name,
    description: 'Visits of a shop.',
    partitionKey: ['shop'],
    clusteringKey: [],
    columns: { shop: text('Shop.'), visits: bigint('Visits.') },
  }),
)

let directory: string
let mart: Mart
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'await-tables-'))
  mart = createEmbeddedMart({ file: path.join(directory, 'mart.db') })
})
afterEach(async () => {
  await mart.close()
  rmSync(directory, { recursive: true, force: true })
})

/** A component that notes what happens to it, behind the tables of `over`. */
async function startWith(schema: 'manage' | 'wait', over: Mart = mart) {
  const clock = new ManualClock()
  const health = createHealth()
  const happened: string[] = []
  const lines: { event: string; reason?: string }[] = []
  const component = startBehindTables(
    {
      name: 'writer',
      finished: new Promise<void>(() => {}),
      start: async () => void happened.push('started'),
      stop: async () => void happened.push('stopped'),
    },
    {
      mart: over,
      tables,
      schema,
      clock,
      health,
      logger: createLogger('test', { destination: { write: line => void lines.push(JSON.parse(line)) } }),
    },
  )
  await component.start()
  await clock.advance(5_000)
  return { component, clock, health, happened, lines, problem: () => health.notReady()?.['mart of writer'] }
}

describe('a mart without its tables', () => {
  it('gets them in the mode manage', async () => {
    const { happened, problem } = await startWith('manage')
    expect([happened, problem()]).toEqual([['started'], undefined])
    expect(await mart.lacks(tables)).toEqual([])
  })

  it('is waited for in the mode wait, which says what is missing, once per change, and makes nothing', async () => {
    const { clock, happened, lines, problem, health } = await startWith('wait')
    const [first, ...rest] = tables
    const missing = (lacked: typeof tables) =>
      `waiting for ${lacked.map(({ name }) => `table ${name}`).join(', ')} in ${mart.location}`
    expect(problem()).toBe(missing(tables))
    expect(health.live()).toBe(true)
    await mart.ensureTables([first!])
    await clock.advance(600_000)
    expect(problem()).toBe(missing(rest))
    expect(lines.map(({ reason }) => reason)).toEqual([missing(tables), missing(rest)])
    expect(happened).toEqual([])
    await mart.ensureTables(rest)
    await clock.advance(5_000)
    expect([happened, problem()]).toEqual([['started'], undefined])
  })

  it.each(['manage', 'wait'] as const)('is waited for when it is away for an hour (%s)', async schema => {
    let isAway = true
    const answer = <T>(value: () => Promise<T>): Promise<T> =>
      isAway ? Promise.reject(martError('mart_unavailable', { where: 'there', reason: 'refused' })) : value()
    const shy: Mart = {
      ...mart,
      ensureTables: tables => answer(() => mart.ensureTables(tables)),
      lacks: tables => answer(() => mart.lacks(tables)),
    }
    const { clock, happened, lines, problem } = await startWith(schema, shy)
    await clock.advance(3_600_000)
    expect(problem()).toBe('The mart at there cannot be reached: refused')
    expect(lines.map(({ event }) => event)).toEqual(['waiting_for_tables'])
    expect(happened).toEqual([])
    isAway = false
    await mart.ensureTables(tables)
    await clock.advance(5_000)
    expect([happened, problem()]).toEqual([['started'], undefined])
  })

  it('ends the process on an error that waiting does not end', async () => {
    const refusing: Mart = {
      ...mart,
      lacks: () => Promise.reject(martError('login_refused', { where: 'there', user: 'kim', reason: 'no' })),
    }
    const { component, happened } = await startWith('wait', refusing)
    await expect(component.finished).rejects.toMatchObject({ code: 'login_refused' })
    expect(happened).toEqual([])
  })

  it('can be stopped while it waits, and then nothing is started or stopped behind it', async () => {
    const { component, clock, happened } = await startWith('wait')
    await component.stop()
    await mart.ensureTables(tables)
    await clock.advance(5_000)
    expect(happened).toEqual([])
  })

  it('ends quietly when it is stopped while the mart has not answered', async () => {
    const { promise: answer, reject } = Promise.withResolvers<readonly string[]>()
    const { component } = await startWith('wait', { ...mart, location: mart.location, lacks: () => answer } as Mart)
    let failure: unknown
    component.finished.catch(error => {
      failure = error
    })
    await component.stop()
    reject(martError('mart_closed', { where: mart.location }))
    for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
    expect(failure).toBeUndefined()
  })
})
