import type { EventLog, TopicSpec } from '@millrace/event-log'

/**
 * Creates every topic of the contracts that is missing and alters settings that differ where that is possible.
 * @returns one line that says what was changed
 */
export async function provisionTopics(log: EventLog, topics: readonly TopicSpec[]): Promise<string> {
  const reports = await log.ensureTopics(topics)
  const created = reports.filter(({ outcome }) => outcome === 'created').map(({ name }) => name)
  const others = (outcome: 'changed' | 'differs'): string[] =>
    reports
      .filter(report => report.outcome === outcome)
      .map(({ name, differences }) => `${name} (${differences.join('; ')})`)
  const parts = [
    created.length > 0 && `created ${created.join(', ')}`,
    others('changed').length > 0 && `changed ${others('changed').join(', ')}`,
    // More partitions than the contract asks for work just as well; Kafka cannot take them away.
    others('differs').length > 0 && `left as they are ${others('differs').join(', ')}`,
  ].filter(part => part !== false)
  return `Topics: ${parts.length > 0 ? parts.join('; ') : 'nothing to change'}.`
}
