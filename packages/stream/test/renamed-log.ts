import type { EventLog } from '@millrace/event-log'

type Named = { readonly topic: string }

/** A log in which the topics bear other names, so that tests on shared servers do not meet. */
export function renamedLog(log: EventLog, suffix: string): EventLog {
  const there = (topic: string): string => topic + suffix
  const here = (topic: string): string => topic.slice(0, -suffix.length)
  const thereAll = <T extends Named>(items: readonly T[]): T[] =>
    items.map(item => ({ ...item, topic: there(item.topic) }))
  const hereAll = <T extends Named>(items: readonly T[]): T[] =>
    items.map(item => ({ ...item, topic: here(item.topic) }))
  return {
    ...log,
    ensureTopics: specs => log.ensureTopics(specs.map(spec => ({ ...spec, name: there(spec.name) }))),
    producer: async options => {
      const producer = await log.producer(options)
      return {
        partitionFor: (topic, key) => producer.partitionFor(there(topic), key),
        append: (topic, records, how) => producer.append(there(topic), records, how),
        get inFlightBytes() {
          return producer.inFlightBytes
        },
        close: () => producer.close(),
      }
    },
    consumer: async options => {
      const consumer = await log.consumer({
        ...options,
        group: there(options.group),
        topics: options.topics.map(there),
      })
      return {
        poll: async maxWaitMs => {
          const event = await consumer.poll(maxWaitMs)
          if (event?.type === 'assigned') return { ...event, assignments: hereAll(event.assignments) }
          if (event?.type === 'revoked') return { ...event, assignments: hereAll(event.assignments) }
          return event && { ...event, topic: here(event.topic), records: hereAll(event.records) }
        },
        start: (assignment, offset) => consumer.start({ ...assignment, topic: there(assignment.topic) }, offset),
        pause: partitions => consumer.pause(thereAll(partitions)),
        resume: partitions => consumer.resume(thereAll(partitions)),
        commit: positions => consumer.commit(thereAll(positions)),
        close: () => consumer.close(),
      }
    },
    range: topic => log.range(there(topic)),
    async *read(topic, partition, from, to) {
      for await (const records of log.read(there(topic), partition, from, to)) yield hereAll(records)
    },
    committed: (group, topic) => log.committed(there(group), there(topic)),
  }
}
