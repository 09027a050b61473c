import { defineTopic, instantField, keyField, type Person, type Topic } from '@millrace/contracts'
import { groupKey, lateEvents, type WindowPartial, windowPartial } from './window-records.ts'

export { totalState } from './window-records.ts'

export type PartialsTopic = Topic<typeof windowPartial>
export type LateTopic = Topic<typeof lateEvents>

/** What the topics beside the results of windows or totals need to know of them. */
interface BesideResults {
  readonly name: string
  /** The topic that is aggregated. */
  readonly source: Topic
  /** The service that makes both; the aggregator unless given. */
  readonly by?: string
  /** The topology of the service that makes both. */
  readonly topology: string
  /** What is made, for people, e.g. `the sums of antenna.bytes`. */
  readonly of: string
  /** Whose the groups are, where they are people: fields such as `group.0`. */
  readonly person?: Person
}

/** The topic through which stage one of windows or totals gives its partial results to stage two. */
export const definePartialsTopic = ({
  name,
  source,
  by = 'aggregator',
  topology,
  of,
  person,
}: BesideResults): PartialsTopic =>
  defineTopic({
    name,
    schema: windowPartial,
    keyOf: (event: WindowPartial) => groupKey(event.group),
    keyText: '`group`',
    eventTimeMs: instantField('window'),
    partitions: source.partitions,
    retentionDays: 2,
    lake: false,
    derivedFrom: { topic: source, by, topology, relation: 'aggregate' },
    ...(person && { person }),
    why: `Results of single partitions of ${source.name}, of which ${of} are made; nobody else needs them.`,
  })

/** The topic of the events that windows or totals do not count. */
export const defineLateTopic = ({ name, source, by = 'aggregator', topology, of, person }: BesideResults): LateTopic =>
  defineTopic({
    name,
    schema: lateEvents,
    keyOf: keyField('eventId'),
    eventTimeMs: instantField('datetime'),
    partitions: 1,
    retentionDays: 30,
    derivedFrom: { topic: source, by, topology, relation: 'some' },
    ...(person && { person }),
    why: `Events that came too late for ${of}, or whose event time is implausible; they are counted.`,
  })
