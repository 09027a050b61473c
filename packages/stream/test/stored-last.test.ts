import type { LogRecord } from '@millrace/event-log'
import { expect, it } from 'vitest'
import type { Topology } from '../src/index.ts'
import { copy, copying, curated, driverOf, gate, scores, texts, withAppend } from './support.ts'

/** Copies each record, as the state that a restart goes on from, and publishes an output of it. */
const restoring: Topology = {
  ...copying({
    process: (records: readonly LogRecord[]) => ({
      ...copy(records),
      emits: records.flatMap(record => [
        ...copy([record]).emits,
        { topic: scores.name, key: record.key, value: Buffer.from(JSON.stringify({ eventId: `${record.value}` })) },
      ]),
    }),
  }),
  outputs: [curated, scores],
  restoredFrom: [curated],
}

it('state is stored after the outputs that it includes', async () => {
  const closed = gate()
  let isWaiting = false
  await using driver = await driverOf(restoring, {
    throughLog: withAppend(append => async (...call) => {
      if (call[0] === scores.name) {
        isWaiting = true
        await closed.opened
      }
      return append(...call)
    }),
  })
  const producer = await driver.log.producer({ clientId: 'sender' })
  const record = { key: Buffer.from('ann'), value: Buffer.from('a'), timestampMs: driver.clock.now() }
  await producer.append('test.raw', [record], { deadlineMs: 60_000 })
  while (!isWaiting) await driver.clock.advance(1)
  await driver.crash()
  closed.open()
  expect(await texts(driver, curated.name)).toEqual([])
  await driver.restart()
  await driver.advance(1_500)
  expect(await texts(driver, curated.name)).toEqual(['a'])
  expect(await texts(driver, scores.name)).toEqual(['{"eventId":"a"}'])
})
