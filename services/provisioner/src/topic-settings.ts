import type { Topic } from '@millrace/contracts'
import type { TopicSpec } from '@millrace/event-log'
import { ConfigError, env } from '@millrace/runtime'

/** What a deployment sets for its topics in place of the contracts' defaults, by topic. */
export interface TopicSettings {
  readonly partitions: ReadonlyMap<string, number>
  readonly retentionMs: ReadonlyMap<string, number>
}

const parsed = <T>(result: { success: boolean; data?: T }): T | undefined => (result.success ? result.data : undefined)

/** Environment with which a deployment sets partitions and retention of topics. */
export const topicSettingsEnv = {
  /** Partitions by topic; a topic that has more keeps them. */
  TOPIC_PARTITIONS: env
    .byName('partitions by topic, such as lol.raw=12,antenna.raw=3', text =>
      parsed(env.integer({ min: 1, max: 10_000 }).safeParse(text)),
    )
    .optional(),
  /** How long records are kept, by topic. */
  TOPIC_RETENTION: env
    .byName('retention by topic, such as lol.raw=3d,antenna.raw=12h', text => parsed(env.duration().safeParse(text)))
    .optional(),
} as const

/**
 * The topics as a deployment wants them.
 * @throws ConfigError that names each topic which the contracts do not have
 */
export function withSettings(topics: readonly Topic[], { partitions, retentionMs }: TopicSettings): TopicSpec[] {
  const known = new Set(topics.map(({ name }) => name))
  const unknown = (variable: string, names: Iterable<string>): string[] =>
    [...names]
      .filter(name => !known.has(name))
      .map(name => `MILLRACE_${variable}: there is no topic ${name}, expected some of ${[...known].join(', ')}.`)
  const problems = [
    ...unknown('TOPIC_PARTITIONS', partitions.keys()),
    ...unknown('TOPIC_RETENTION', retentionMs.keys()),
  ]
  if (problems.length > 0) throw new ConfigError(problems)
  return topics.map(topic => ({
    name: topic.name,
    cleanup: topic.cleanup,
    maxMessageBytes: topic.maxMessageBytes,
    partitions: partitions.get(topic.name) ?? topic.partitions,
    retentionMs: retentionMs.get(topic.name) ?? topic.retentionMs,
  }))
}
