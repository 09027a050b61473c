import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig, systemClock } from '@millrace/runtime'
import { afterAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../test/log-driver.ts'
import { kafkaEnv, kafkaOptionsFromEnv } from './kafka-env.ts'

const folder = mkdtempSync(join(tmpdir(), 'kafka-env-'))
const caFile = join(folder, 'ca.pem')
writeFileSync(caFile, 'the authority')
afterAll(() => rmSync(folder, { recursive: true }))

const optionsOf = (variables: Record<string, string>) =>
  kafkaOptionsFromEnv(loadConfig({ MILLRACE_KAFKA_BROKERS: 'a:9092, b:9092', ...variables }, kafkaEnv), {
    clock: systemClock,
    logger: silentLogger,
    clientId: 'curator',
  })

describe('the environment of Kafka', () => {
  it('needs brokers only', () => {
    expect(optionsOf({})).toMatchObject({
      brokers: ['a:9092', 'b:9092'],
      clientId: 'curator',
      lingerMs: 2,
      compression: 'none',
      maxInFlightBytes: 64 << 20,
      requestTimeoutMs: 10_000,
    })
    expect(optionsOf({})).not.toHaveProperty('tls')
    expect(optionsOf({})).not.toHaveProperty('sasl')
  })

  it('describes TLS and SASL, and shows the password to kafkajs only', () => {
    const variables = {
      MILLRACE_KAFKA_TLS: 'true',
      MILLRACE_KAFKA_CA_FILE: caFile,
      MILLRACE_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      MILLRACE_KAFKA_SASL_USERNAME: 'alice',
      MILLRACE_KAFKA_SASL_PASSWORD: 'hidden',
    }
    expect(optionsOf(variables)).toMatchObject({
      tls: { ca: 'the authority' },
      sasl: { mechanism: 'scram-sha-512', username: 'alice', password: 'hidden' },
    })
    const config = loadConfig({ MILLRACE_KAFKA_BROKERS: 'a:1', ...variables }, kafkaEnv)
    expect(JSON.stringify(config)).not.toContain('hidden')
  })

  it('names every problem at once', () => {
    expect(() =>
      optionsOf({
        MILLRACE_KAFKA_CA_FILE: join(folder, 'missing.pem'),
        MILLRACE_KAFKA_KEY_FILE: caFile,
        MILLRACE_KAFKA_SASL_USERNAME: 'alice',
      }),
    ).toThrow(
      /MILLRACE_KAFKA_CA_FILE is set, but MILLRACE_KAFKA_TLS is not true[\s\S]*missing\.pem": cannot be read[\s\S]*KEY_FILE belong together[\s\S]*SASL_MECHANISM, _USERNAME and _PASSWORD belong together/,
    )
  })
})
