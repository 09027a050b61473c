import { ConfigError, createLogger, loadConfig, systemClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { cassandraEnv, cassandraMartFromEnv } from '../src/index.ts'
import { readings, totals } from './sample-tables.ts'

const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }), tables: [readings, totals] }
const martOf = (variables: Record<string, string>) => cassandraMartFromEnv(loadConfig(variables, cassandraEnv), parts)

function problemsOf(variables: Record<string, string>): readonly string[] {
  try {
    martOf(variables)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('settings of Cassandra', () => {
  it('need only an address, and say where the mart is', () => {
    expect(problemsOf({})).toEqual(['MILLRACE_CASSANDRA_CONTACT_POINTS is missing: a value is needed.'])
    expect(martOf({ MILLRACE_CASSANDRA_CONTACT_POINTS: 'db' }).location).toBe('cassandra://db:9042/millrace')
    const given = {
      MILLRACE_CASSANDRA_CONTACT_POINTS: 'a, b',
      MILLRACE_CASSANDRA_PORT: '9043',
      MILLRACE_CASSANDRA_KEYSPACE: 'mine',
      MILLRACE_CASSANDRA_USERNAME: 'app',
      MILLRACE_CASSANDRA_PASSWORD: 'very secret',
      MILLRACE_CASSANDRA_REPLICATION: 'dc1:3,dc2:2',
    }
    expect(martOf(given).location).toBe('cassandra://a,b:9043/mine')
    expect(JSON.stringify(loadConfig(given, cassandraEnv))).not.toContain('very secret')
  })

  it('are refused together where they do not fit each other, every problem at once', () => {
    expect(
      problemsOf({
        MILLRACE_CASSANDRA_CONTACT_POINTS: 'db',
        MILLRACE_CASSANDRA_USERNAME: 'app',
        MILLRACE_CASSANDRA_REPLICATION: 'dc1:3,dc2',
        MILLRACE_CASSANDRA_CA_FILE: '/nowhere/ca.pem',
        MILLRACE_CASSANDRA_TLS: 'true',
        MILLRACE_CASSANDRA_CERT_FILE: new URL(import.meta.url).pathname,
      }),
    ).toEqual([
      'MILLRACE_CASSANDRA_REPLICATION is "dc2": expected <data center>:<copies>, e.g. datacenter1:3.',
      'MILLRACE_CASSANDRA_USERNAME and MILLRACE_CASSANDRA_PASSWORD belong together: set both or neither.',
      expect.stringMatching(/^MILLRACE_CASSANDRA_CA_FILE is "\/nowhere\/ca.pem": cannot be read \(ENOENT/),
      'MILLRACE_CASSANDRA_CERT_FILE and MILLRACE_CASSANDRA_KEY_FILE belong together: set both or neither.',
    ])
  })

  it('refuse files for TLS where TLS is off', () => {
    const given = {
      MILLRACE_CASSANDRA_CONTACT_POINTS: 'db',
      MILLRACE_CASSANDRA_CA_FILE: new URL(import.meta.url).pathname,
    }
    expect(problemsOf(given)).toEqual(['MILLRACE_CASSANDRA_CA_FILE is set, but MILLRACE_CASSANDRA_TLS is not true.'])
  })
})
