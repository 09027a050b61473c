import type { Topic } from '@millrace/contracts'
import type { TopicSpec } from '@millrace/event-log'
import { ConfigError, env } from '@millrace/runtime'

/** What a deployment sets for its topics in place of the contracts' defaults, by topic. */
export interface TopicSettings {
  readonly partitions: ReadonlyMap<string, number>
  readonly retentionMs: ReadonlyMap<string, number>
}

/** A list of `<topic>=<value>` with one value for a topic. */
const settings = <T>(expected: string, parse: (text: string) => T | undefined) =>
  env
    .list()
    .transform((entries, context) => {
      const byTopic = new Map<string, T>()
      for (const entry of entries) {
        const [topic = '', text = '', ...rest] = entry.split('=').map(part => part.trim())
        const value = parse(text)
        if (topic === '' || value === undefined || rest.length > 0 || byTopic.has(topic)) {
          context.addIssue({ code: 'custom', message: `expected ${expected}, got ${JSON.stringify(entry)}` })
          return byTopic
        }
        byTopic.set(topic, value)
      }
      return byTopic as ReadonlyMap<string, T>
    })
    .meta({ type: 'string', expected })

const parsed = <T>(result: { success: boolean; data?: T }): T | undefined => (result.success ? result.data : undefined)

/** Environment with which a deployment sets partitions and retention of topics. */
export const topicSettingsEnv = {
  /** Partitions by topic; a topic that has more keeps them. */
  TOPIC_PARTITIONS: settings('partitions by topic, such as lol.raw=12,antenna.raw=3', text =>
    parsed(env.integer({ min: 1, max: 10_000 }).safeParse(text)),
  ).optional(),
  /** How long records are kept, by topic. */
  TOPIC_RETENTION: settings('retention by topic, such as lol.raw=3d,antenna.raw=12h', text =>
    parsed(env.duration().safeParse(text)),
  ).optional(),
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
