import { defineTopic, instantField, keyField, type Topic } from '@millrace/contracts'
import { type LogRecord, partitionOfKey } from '@millrace/event-log'
import {
  createWindowedAggregation,
  defineLateTopic,
  definePartialsTopic,
  type PartitionProcessor,
  type ProcessResult,
} from '@millrace/stream'
import { z } from 'zod'

const WINDOW_MS = 60_000
const START_MS = Date.UTC(2026, 0, 1)
/** Events of a source partition between two ticks. */
const EVENTS_PER_TICK = 1_000
/** Events of a source partition between the beginnings of two windows. */
const EVENTS_PER_WINDOW = 20_000
const PARTIALS_PARTITIONS = 4

const source = defineTopic({
  name: 'bench.raw',
  schema: z.looseObject({ eventId: z.string(), datetime: z.string(), user: z.string(), page: z.string() }),
  keyOf: keyField('user'),
  eventTimeMs: instantField('datetime'),
  why: 'Events that are counted.',
})
const beside = { source, topology: 'sums', of: 'the sums' }
const partials = definePartialsTopic({ name: 'bench.partials', ...beside })
const late = defineLateTopic({ name: 'bench.late', ...beside })
const results = defineTopic({
  name: 'bench.results',
  schema: z.looseObject({ window: z.string(), page: z.string(), events: z.number(), revision: z.number() }),
  keyOf: keyField('page'),
  eventTimeMs: instantField('window'),
  why: 'Events per window and page.',
})
export interface SumsShape {
  /** Groups of a window. */
  readonly groups: number
  /** Windows that are open at the same time. */
  readonly windows: number
  /** Partitions of the source, each with as many events per second. */
  readonly partitions: number
}

/** Both stages of counts per window and page, without a log: what stage one publishes is given to stage two. */
export async function openSums({ groups, windows, partitions }: SumsShape) {
  const topology = createWindowedAggregation({
    name: 'aggregator.bench',
    service: 'aggregator',
    source,
    partials,
    results,
    late,
    windowMs: WINDOW_MS,
    graceMs: windows * WINDOW_MS,
    groupsOf: ({ page }) => [[page]],
    zero: 0,
    add: count => count + 1,
    merge: (a, b) => a + b,
    toEvent: ({ windowMs, group: [page], events, revision }) => ({
      window: new Date(windowMs).toISOString(),
      page: page!,
      events,
      revision,
    }),
  })
  const sources = await openAll(topology.createProcessor, source.name, partitions)
  const merges = await openAll(topology.createProcessor, partials.name, PARTIALS_PARTITIONS)
  let offset = 0
  const mergeOffsets = merges.map(() => 0)
  let published = 0

  async function merge({ emits }: ProcessResult): Promise<void> {
    const inputs: LogRecord[][] = merges.map(() => [])
    for (const { topic, key, value } of emits) {
      if (topic !== partials.name) throw new Error(`An event went to ${topic}.`)
      const partition = partitionOfKey(key, merges.length)
      inputs[partition]!.push({
        ...{ topic, partition, offset: mergeOffsets[partition]!++, timestampMs: START_MS, key, value },
      })
    }
    for (const [partition, records] of inputs.entries())
      if (records.length > 0) published += (await merges[partition]!.process(records)).emits.length
  }

  return {
    /** Works one tick's events of each partition in. @returns how long it took, without making the events, ms */
    async tick(): Promise<number> {
      const batches = sources.map((_, partition) =>
        Array.from({ length: EVENTS_PER_TICK }, (_, i) => eventOf(offset + i, partition, { groups, windows })),
      )
      offset += EVENTS_PER_TICK
      const startMs = performance.now()
      for (const [partition, processor] of sources.entries()) {
        await merge(await processor.process(batches[partition]!))
        await merge((await processor.tick!(START_MS))!)
      }
      for (const processor of merges) published += (await processor.tick!(START_MS))?.emits.length ?? 0
      return performance.now() - startMs
    },
    get published(): number {
      return published
    },
  }
}

/** Cost of an event over so many, µs. */
export async function costOfEvents(sums: Awaited<ReturnType<typeof openSums>>, partitions: number, events: number) {
  const ticks = Math.ceil(events / (EVENTS_PER_TICK * partitions))
  const before = sums.published
  let tookMs = 0
  for (let i = 0; i < ticks; i++) tookMs += await sums.tick()
  if (sums.published === before) throw new Error('Nothing was published.')
  return (tookMs * 1_000) / (ticks * EVENTS_PER_TICK * partitions)
}

async function openAll(
  createProcessor: (topic: Topic, partition: number) => PartitionProcessor,
  name: string,
  count: number,
): Promise<PartitionProcessor[]> {
  const topic = (name === source.name ? source : partials) as Topic
  return Promise.all(
    Array.from({ length: count }, async (_, partition) => {
      const processor = createProcessor(topic, partition)
      await processor.open({ topic: name, partition, epoch: 1, committed: null, earliest: 0, end: 0 })
      return processor
    }),
  )
}

/** Events go round over the open windows and their groups, and the windows move on. */
function eventOf(offset: number, partition: number, { groups, windows }: Pick<SumsShape, 'groups' | 'windows'>) {
  const user = `user-${partition}`
  const startMs = START_MS + (Math.floor(offset / EVENTS_PER_WINDOW) + (offset % windows)) * WINDOW_MS
  const value = {
    eventId: `${partition}-${offset}`,
    datetime: new Date(startMs).toISOString(),
    user,
    page: `page-${Math.floor(offset / windows) % groups}`,
  }
  return {
    ...{ topic: source.name, partition, offset, timestampMs: startMs },
    ...{ key: Buffer.from(user), value: Buffer.from(JSON.stringify(value)) },
  }
}
