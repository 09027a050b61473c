import { failedEventsTopic, type Topic } from '@millrace/contracts'
import { allDomains } from '@millrace/domains/contracts'
import { ConfigError } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { loadProvisionerConfig } from './config.ts'
import { withSettings } from './topic-settings.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A topic with everything but its settings from another one. */
const aTopic = (stream: string, more: Partial<Topic> = {}): Topic => ({
  ...failedEventsTopic,
  domain: 'bike',
  name: `bike.${stream}`,
  partitions: 6,
  retentionMs: 7 * DAY_MS,
  cleanup: 'delete',
  maxMessageBytes: 2_000_000,
  ...more,
})
const topics = [aTopic('raw'), aTopic('stations', { partitions: 3, cleanup: 'compact', maxMessageBytes: 5_000_000 })]

const load = (variables: Readonly<Record<string, string>>) =>
  loadProvisionerConfig({ MILLRACE_PROVISION: 'topics', MILLRACE_KAFKA_BROKERS: 'localhost:9092', ...variables })

/** The topics as the provisioner makes them with this environment. */
function wanted(variables: Readonly<Record<string, string>>) {
  const { TOPIC_PARTITIONS, TOPIC_RETENTION } = load(variables)
  return withSettings(topics, {
    partitions: TOPIC_PARTITIONS ?? new Map(),
    retentionMs: TOPIC_RETENTION ?? new Map(),
  })
}

const problemsOf = (variables: Readonly<Record<string, string>>): string => {
  try {
    load(variables)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('The configuration was taken.')
}

describe('settings of topics', () => {
  it('are those of the contracts where nothing is set', () => {
    expect(wanted({})).toEqual([
      { name: 'bike.raw', partitions: 6, retentionMs: 7 * DAY_MS, cleanup: 'delete', maxMessageBytes: 2_000_000 },
      { name: 'bike.stations', partitions: 3, retentionMs: 7 * DAY_MS, cleanup: 'compact', maxMessageBytes: 5_000_000 },
    ])
  })

  it('replace partitions and retention of the topics that they name, and nothing else', () => {
    const [raw, stations] = wanted({})
    const variables = {
      MILLRACE_TOPIC_PARTITIONS: 'bike.raw=12, bike.stations = 1',
      MILLRACE_TOPIC_RETENTION: 'bike.raw=12h',
    }
    expect(wanted(variables)).toEqual([
      { ...raw, partitions: 12, retentionMs: 12 * HOUR_MS },
      { ...stations, partitions: 1 },
    ])
    expect(wanted({ MILLRACE_TOPIC_RETENTION: 'bike.stations=3d' })).toEqual([
      raw,
      { ...stations, retentionMs: 3 * DAY_MS },
    ])
  })

  it.each(['MILLRACE_TOPIC_PARTITIONS', 'MILLRACE_TOPIC_RETENTION'])('of %s name topics that there are', name => {
    const value = name.endsWith('PARTITIONS') ? '2' : '2d'
    expect(() => wanted({ [name]: `bike.raw=${value},bike.rwa=${value}` })).toThrow(
      `${name}: there is no topic bike.rwa, expected some of bike.raw, bike.stations.`,
    )
  })

  it.each([
    'bike.raw',
    'bike.raw=',
    '=12',
    'bike.raw=many',
    'bike.raw=0',
    'bike.raw=1.5',
    'bike.raw=10001',
    'bike.raw=1=2',
  ])('refuse the partitions %s', entry => {
    const problem = problemsOf({ MILLRACE_TOPIC_PARTITIONS: `bike.stations=2,${entry}` })
    expect(problem).toContain('MILLRACE_TOPIC_PARTITIONS')
    expect(problem).toContain('expected partitions by topic, such as lol.raw=12,antenna.raw=3')
    expect(problem).toContain(entry)
  })

  it.each(['bike.raw', 'bike.raw=', '=3d', 'bike.raw=3', 'bike.raw=soon', 'bike.raw=-1d', 'bike.raw=3d=4d'])(
    'refuse the retention %s',
    entry => {
      const problem = problemsOf({ MILLRACE_TOPIC_RETENTION: `bike.stations=2d,${entry}` })
      expect(problem).toContain('MILLRACE_TOPIC_RETENTION')
      expect(problem).toContain('expected retention by topic, such as lol.raw=3d,antenna.raw=12h')
      expect(problem).toContain(entry)
    },
  )

  it('refuse a topic that is set twice', () => {
    expect(problemsOf({ MILLRACE_TOPIC_PARTITIONS: 'bike.raw=2,bike.raw=3' })).toContain('MILLRACE_TOPIC_PARTITIONS')
  })
})

describe('MILLRACE_DOMAINS', () => {
  it('takes the domains that there are, and all where it is not set', () => {
    expect(load({}).DOMAINS).toBeUndefined()
    const names = allDomains.map(({ name }) => name)
    expect(load({ MILLRACE_DOMAINS: names.join(', ') }).DOMAINS).toEqual(names)
    for (const name of names) expect(load({ MILLRACE_DOMAINS: name }).DOMAINS).toEqual([name])
  })

  it.each(['weather', 'weather,'])('refuses %s with the names that there are', domains => {
    const problem = problemsOf({ MILLRACE_DOMAINS: domains })
    expect(problem).toContain('MILLRACE_DOMAINS')
    expect(problem).toContain(`expected some of ${allDomains.map(({ name }) => name).join(', ')}, separated by commas`)
  })
})
