import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { failedEventsTopic } from '@millrace/contracts'
import { createEmbeddedEventLog, type EventLog } from '@millrace/event-log'
import { createLogger, ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Erasures } from '../src/erasures.ts'
import { FailedIndex } from '../src/hops/failed-index.ts'
import { createMartHop } from '../src/hops/mart-hop.ts'
import { topics } from './shop.ts'
import { openTrafficWorld } from './traffic-world.ts'

let directory: string
let log: EventLog
beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'failed-index-'))
  const logger = createLogger('test', { level: 'silent' })
  log = await createEmbeddedEventLog({ directory, clock: new ManualClock(), logger })
  await log.ensureTopics([failedEventsTopic])
})
afterEach(async () => {
  await log.close()
  rmSync(directory, { recursive: true, force: true })
})

async function fail(offset: number, by: { service: string; stage: string; sink: string | null }): Promise<void> {
  const event = {
    ...{
      eventId: `${offset}`,
      datetime: '2024-01-01T00:00:00.000Z',
      code: 'x',
      message: 'x',
      path: null,
      domain: 'shop',
    },
    ...{ topic: 'shop.raw', partition: 2, offset, sourceEventId: null, key: null, payload: '' },
    ...by,
  }
  const producer = await log.producer({ clientId: 'test' })
  const record = { key: Buffer.from(String(offset)), value: Buffer.from(JSON.stringify(event)), timestampMs: 0 }
  const [result] = await producer.append('failed-events', [record], { deadlineMs: 60_000 })
  await producer.close()
  if (!result?.ok) throw new Error('not stored')
}

it('tells apart who refused a record', async () => {
  const index = new FailedIndex(log)
  await fail(7, { service: 'curator', stage: 'process', sink: null })
  await index.update()
  await fail(8, { service: 'lake-archiver', stage: 'sink', sink: 'lake' })
  const answers = () =>
    ['curator', 'anomaly-scorer', 'lake', 'mart'].map(by =>
      [7, 8].map(offset => index.has('shop.raw', 2, { offset, by })),
    )
  const none = ['no', 'no']
  expect(answers()).toEqual([['yes', 'no'], none, none, none])
  await index.update()
  expect(answers()).toEqual([['yes', 'no'], none, ['no', 'yes'], none])
  expect(index.has('shop.raw', 3, { offset: 7, by: 'curator' })).toBe('no')
  expect(index.has('shop.curated', 2, { offset: 7, by: 'curator' })).toBe('no')
})

it('forgets the oldest beyond its limit, and says that it cannot know them', async () => {
  const index = new FailedIndex(log, 10)
  for (let offset = 0; offset < 40; offset += 2)
    await fail(offset, { service: 'mart-writer', stage: 'sink', sink: 'mart' })
  await index.update()
  const answer = (offset: number) => index.has('shop.raw', 2, { offset, by: 'mart' })
  expect([0, 1, 38, 37, 39].map(answer)).toEqual(['forgotten', 'forgotten', 'yes', 'no', 'no'])
})

it('takes no record for missing whose failure it has forgotten', async () => {
  await using world = await openTrafficWorld()
  for (let count = 0; count < 3; count++) await world.sendPoison('shop.curated', 1)
  await world.settle()
  const failed = new FailedIndex(world.log, 1)
  await failed.update()
  expect(failed.hasForgotten).toBe(true)
  const { partition, end } = (await world.log.range('shop.curated')).find(range => range.end > 0)!
  const hop = createMartHop(topics.curated, { ...world, failed, erasures: new Erasures(world.lake) })
  expect(await hop.compare(partition, { from: 0, to: end, earliest: 0 })).toMatchObject({
    ...{ events: 3, found: 0, failed: 3, missing: 0 },
  })
})
