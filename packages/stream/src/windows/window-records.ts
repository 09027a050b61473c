import { instant } from '@millrace/contracts'
import { z } from 'zod'

/** What events are summed by, its kind first, e.g. `['app_total_bytes', 'SKYPE']`. */
export type Group = readonly string[]

/** Text of a group, and the partition key of its partial results. */
export const groupKey = (group: Group): string => JSON.stringify(group)

/** Start of the one window that totals have, ms. */
export const TOTAL_WINDOW_MS = 0

const sourcePartition = z.int().min(0).describe('partition of the source')

/** The result of one source partition for one window and group; of several the one with the highest revision counts. */
export const windowPartial = z.looseObject({
  window: instant.describe('start of the window'),
  group: z.array(z.string()).min(1).describe('what is summed by, its kind first'),
  partition: sourcePartition,
  events: z.int().min(0).describe('events of the window and group in that partition; 0 after corrections'),
  result: z.unknown().describe('result over these events'),
  revision: z.int().min(1).describe('offset behind the last of these events'),
  watermark: instant.describe('event time up to which the partition has come'),
})

/** Events that no window counts; of several records under one id the one with the highest revision counts. */
export const lateEvents = z.looseObject({
  eventId: z.string().min(1).describe('<event id>:late, or window, group and partition of a partial result'),
  datetime: instant.describe('event time, or the start of the window'),
  window: instant.describe('start of the window that does not count it'),
  group: z.array(z.string()).nullable().describe('group that does not count it; null: no group does'),
  partition: sourcePartition,
  events: z.int().min(0).describe('how many events; 0 when corrections took them away'),
  reason: z
    .enum(['after_grace', 'implausible_time', 'state_expired'])
    .describe('after the grace; event time implausible; state of the window was lost to retention'),
  revision: z.int().min(1).describe('offset behind the last of these events'),
})

/** The state of a running total: a record of its results topic carries it, and a restart goes on from it. */
export const totalState = z.looseObject({
  group: z.array(z.string()).min(1).describe('what is summed by, its kind first'),
  parts: z
    .array(
      z.looseObject({
        partition: sourcePartition,
        events: z.int().min(0).describe('events of the group in that partition; 0 after corrections'),
        result: z.unknown().describe('result over these events'),
        revision: z.int().min(1).describe('offset behind the last of these events'),
      }),
    )
    .min(1)
    .describe('the results of the source partitions, of which the total is made'),
})

export type WindowPartial = z.infer<typeof windowPartial>
export type TotalState = z.infer<typeof totalState>
export type LateEvents = z.infer<typeof lateEvents>
