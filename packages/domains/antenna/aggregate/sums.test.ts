import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { antenna } from '../contract.ts'
import { createBytesTopology, createUsageTopology } from './sums.ts'

const { raw, bytes, bytesLate, usage, usageLate } = antenna.topics
const NOON_S = Date.UTC(2024, 2, 24, 12) / 1000

let count = 0
const sent = (minute: number, more: { readonly bytes?: number; readonly app?: string; readonly id?: string } = {}) => ({
  eventId: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
  bytes: 1,
  timestamp: NOON_S + minute * 60,
  app: 'SKYPE',
  id: 'a',
  antenna_id: 'x',
  ...more,
})

describe('sums of bytes', () => {
  it('are made by app, in capitals, by antenna and by user', async () => {
    await using driver = await createTopologyDriver(createBytesTopology({}))
    await driver.pipe(raw, sent(0, { bytes: 5 }), sent(4, { bytes: 7, app: 'Skype' }), sent(5, { bytes: 9 }))
    await driver.advance(4_000)
    const [first, second] = ['2024-03-24T12:00:00.000Z', '2024-03-24T12:05:00.000Z']
    const found = (await driver.read(bytes)).map(({ revision: _, ...sum }) => sum)
    expect(found).toHaveLength(6)
    for (const [type, id] of [
      ['app_total_bytes', 'SKYPE'],
      ['antenna_total_bytes', 'x'],
      ['user_total_bytes', 'a'],
    ]) {
      expect(found).toContainEqual({ timestamp: first, type, id, value: 12, events: 2 })
      expect(found).toContainEqual({ timestamp: second, type, id, value: 9, events: 1 })
    }
  })

  it.each([
    ['five minutes', createBytesTopology, bytes, bytesLate, 65],
    ['an hour', createUsageTopology, usage, usageLate, 120],
  ] as const)('of %s take late events until an hour after their end', async (_, create, results, late, overMinute) => {
    await using driver = await createTopologyDriver(create({}))
    await driver.pipe(raw, sent(0), sent(overMinute - 1), sent(1), sent(overMinute), sent(2))
    await driver.advance(4_000)
    const noon = (await driver.read(results)).find(({ events }) => events === 2)
    expect(noon).toBeDefined()
    expect(await driver.read(late)).toMatchObject([{ reason: 'after_grace', window: '2024-03-24T12:00:00.000Z' }])
  })

  it('of any size are the largest exact integer at most, so that every row can be stored', async () => {
    const largest = Number.MAX_SAFE_INTEGER
    for (const [create, results, field] of [
      [createBytesTopology, bytes, 'value'],
      [createUsageTopology, usage, 'usage'],
    ] as const) {
      await using driver = await createTopologyDriver(create({}))
      await driver.pipe(raw, sent(0, { bytes: largest - 1 }), sent(0, { bytes: 1 }))
      await driver.advance(4_000)
      await driver.pipe(raw, sent(0, { bytes: 1, id: 'b' }), sent(0, { bytes: largest }), sent(0, { bytes: 1 }))
      await driver.advance(4_000)
      const found: readonly Readonly<Record<string, unknown>>[] = await driver.read(results)
      expect(new Set(found.map(sum => sum[field]))).toEqual(new Set([largest, 1]))
      expect(Math.max(...found.map(({ events }) => Number(events)))).toBe(field === 'value' ? 5 : 4)
    }
  })

  it('hold an event of the last second that the contract allows', async () => {
    const timestamp = 253_402_300_799
    await using driver = await createTopologyDriver(createBytesTopology({}))
    const producer = await driver.log.producer({ clientId: 'another time' })
    const value = Buffer.from(JSON.stringify({ ...sent(0), timestamp }))
    await producer.append(raw.name, [{ key: Buffer.from('a'), value, timestampMs: timestamp * 1000 }], {
      deadlineMs: 1_000,
    })
    await producer.close()
    await driver.advance(4_000)
    expect(await driver.failed()).toEqual([])
    expect(await driver.read(bytes)).toHaveLength(3)
  })
})
