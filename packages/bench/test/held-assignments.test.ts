import type { Assignment, ConsumerEvent, EventLog, LogConsumer } from '@millrace/event-log'
import { expect, it } from 'vitest'
import { HeldAssignments } from '../src/inputs/held-assignments.ts'

const assignment = (partition: number, epoch: number): Assignment => ({
  topic: 'moves',
  partition,
  epoch,
  committed: null,
  earliest: 0,
  end: 9,
})
const consumerOf = (events: ConsumerEvent[]): LogConsumer =>
  ({ poll: async () => events.shift() ?? null }) as Partial<LogConsumer> as LogConsumer
const logOf = (consumer: LogConsumer): EventLog => ({ consumer: async () => consumer }) as Partial<EventLog> as EventLog

it('keeps assignments until the release, then hands out what is held and lets everything pass', async () => {
  const later: ConsumerEvent = { type: 'revoked', assignments: [assignment(0, 2)] }
  const told: number[] = []
  const events: ConsumerEvent[] = [
    { type: 'assigned', assignments: [assignment(0, 1), assignment(1, 1)] },
    { type: 'revoked', assignments: [assignment(0, 1), assignment(1, 1)] },
    { type: 'assigned', assignments: [assignment(0, 2)] },
  ]
  const held = new HeldAssignments(logOf(consumerOf(events)), partitions => told.push(partitions))
  const consumer = await held.log.consumer({ group: 'g', topics: ['moves'], clientId: 'c' })
  for (let i = 0; i < 4; i++) expect(await consumer.poll(1)).toBeNull()
  expect(told).toEqual([2, 0, 1])
  held.release()
  events.push(later)
  expect(await consumer.poll(1)).toEqual({ type: 'assigned', assignments: [assignment(0, 2)] })
  expect(await consumer.poll(1)).toBe(later)
})

it('notes what comes between the release and the next poll', async () => {
  const event = Promise.withResolvers<ConsumerEvent>()
  const consumer = consumerOf([])
  consumer.poll = () => event.promise
  const held = new HeldAssignments(logOf(consumer), () => {})
  const polled = await held.log.consumer({ group: 'g', topics: ['moves'], clientId: 'c' })
  const first = polled.poll(1)
  held.release()
  event.resolve({ type: 'assigned', assignments: [assignment(3, 1)] })
  expect(await first).toBeNull()
  expect(await polled.poll(1)).toEqual({ type: 'assigned', assignments: [assignment(3, 1)] })
})
