import { defineTopic, instantField, keyField, type Topic } from '@millrace/contracts'
import { type EventLog, type LogProducer, type LogRecord, logError } from '@millrace/event-log'
import { createTopologyDriver, type TopologyDriver, type TopologyDriverOptions } from '@millrace/testing'
import { z } from 'zod'
import type { PartitionProcessor, ProcessResult, Topology } from '../src/index.ts'

export const away = () => logError('log_unavailable', { where: 'the sink', reason: 'it is away' })

export const textOf = (record: Pick<LogRecord, 'value'>): string => record.value.toString()

const anything = (name: string): Topic =>
  defineTopic({
    name,
    schema: z.looseObject({}),
    keyOf: keyField('key'),
    eventTimeMs: instantField('datetime'),
    why: 'Bytes of tests of the runner.',
  })
export const raw = anything('test.raw')
export const curated = anything('test.curated')
/** In which an event id occurs once; `scattered` has other partitions than the source. */
const derived = (name: string, partitions: number): Topic =>
  defineTopic({
    name,
    schema: z.looseObject({ eventId: z.string() }),
    keyOf: keyField('key'),
    eventTimeMs: instantField('datetime'),
    partitions,
    derivedFrom: { topic: raw, by: 'remembering', relation: 'each' },
    why: 'Outputs of tests of the runner.',
  })
export const scores = derived('test.scores', raw.partitions)
export const scattered = derived('test.scattered', 4)

/** A driver for topologies that publish what is no event. */
export const driverOf = (topology: Topology, options: TopologyDriverOptions = {}): Promise<TopologyDriver> =>
  createTopologyDriver(topology, { validateOutputs: false, topics: [raw, curated, scores, scattered], ...options })

type Parts = Partial<PartitionProcessor>

/** A topology whose outputs are its inputs; `how` replaces parts of its processors. */
export const copying = (how: Parts | (() => Parts) = {}): Topology => ({
  name: 'copier',
  topics: [raw],
  outputs: [curated],
  createProcessor: () => ({
    open: async ({ committed, earliest }) => {
      const from = committed?.offset ?? earliest
      return { readFrom: from, publishFrom: from }
    },
    process: copy,
    ...(typeof how === 'function' ? how() : how),
  }),
})

export const copy = (records: readonly LogRecord[]): ProcessResult => ({
  emits: records.map(record => ({ topic: 'test.curated', key: record.key, value: record.value, source: record })),
  failed: [],
  done: records.at(-1)!.offset + 1,
})

export const texts = async (driver: TopologyDriver, topic: string): Promise<string[]> =>
  (await driver.records(topic)).map(textOf)

/** The one committed offset of a topic of which one partition is used; null when there is none. */
export async function committedOffset(driver: TopologyDriver): Promise<number | null> {
  const positions = [...(await driver.committed('test.raw')).values()]
  if (positions.length > 1) throw new Error(`expected one partition, got ${positions.length}`)
  return positions[0]?.offset ?? null
}

/** The samples of a metric by their labels, e.g. `{ 'test.raw': 3 }`; the name of the service is left out. */
export async function samples(metric: {
  get(): Promise<{ values: { value: number; labels: object; metricName?: string }[] }>
}): Promise<Record<string, number>> {
  const { values } = await metric.get()
  const nameOf = (labels: object, suffix = '') => Object.values(labels).join('/') + suffix
  return Object.fromEntries(
    values.map(({ value, labels, metricName }) => [nameOf(labels, metricName?.match(/_(sum|count)$/)?.[0]), value]),
  )
}

/** A gate that is closed until it is opened. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

/** The log with another `append`. */
export const withAppend =
  (append: (through: LogProducer['append']) => LogProducer['append']) =>
  (log: EventLog): EventLog => ({
    ...log,
    producer: async options => {
      const producer = await log.producer(options)
      return { ...producer, append: append((...call) => producer.append(...call)) }
    },
  })
