import type { Topic } from '@millrace/contracts'
import type { LogReader } from '@millrace/event-log'
import type { PartitionProcessor, ProcessResult, Topology } from '@millrace/stream'

/** Names of the log's topics by the names of the contracts. */
export type TopicNames = Readonly<Record<string, string>>

/** A reader that finds topics under other names. */
export const renamedReader = <Reader extends LogReader>(log: Reader, names: TopicNames): Reader => ({
  ...log,
  range: topic => log.range(names[topic] ?? topic),
  read: (topic, partition, from, to) => log.read(names[topic] ?? topic, partition, from, to),
})

function renamedTopic(topic: Topic, names: TopicNames): Topic {
  const { derivedFrom } = topic
  return {
    ...topic,
    name: names[topic.name] ?? topic.name,
    derivedFrom: derivedFrom && { ...derivedFrom, topic: renamedTopic(derivedFrom.topic, names) },
  }
}

/** The topology as a group of its own that reads and writes topics of other names. */
export function renamedTopology(topology: Topology, name: string, names: TopicNames): Topology {
  const originals = new Map(topology.topics.map(topic => [names[topic.name] ?? topic.name, topic]))
  const rename = (topic: Topic): Topic => renamedTopic(topic, names)
  return {
    name,
    topics: topology.topics.map(rename),
    outputs: topology.outputs.map(rename),
    createProcessor: (topic, partition) =>
      aroundResults(topology.createProcessor(originals.get(topic.name)!, partition), result => ({
        ...result,
        emits: result.emits.map(emit => ({ ...emit, topic: names[emit.topic] ?? emit.topic })),
      })),
  }
}

/** The processor, with each of its results seen or changed. */
export function aroundResults(
  processor: PartitionProcessor,
  change: (result: ProcessResult) => ProcessResult,
): PartitionProcessor {
  const orNull = (result: ProcessResult | null | undefined): ProcessResult | null => (result ? change(result) : null)
  return {
    open: assignment => processor.open(assignment),
    process: async records => change(await processor.process(records)),
    ...(processor.tick && { tick: async nowMs => orNull(await processor.tick?.(nowMs)) }),
    close: async reason => orNull(await processor.close?.(reason)),
  }
}
