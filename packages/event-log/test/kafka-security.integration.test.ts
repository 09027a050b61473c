import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { CodedError, loadConfig, systemClock } from '@millrace/runtime'
import { openStack, type SecureKafka } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type EventLog, kafkaClients, kafkaEnv, kafkaEventLogFromEnv } from '../src/index.ts'
import { collect, silentLogger, text, topicSpec } from './log-driver.ts'

const WRONG = 'a-wrong-password'

describeOnStack('kafka with TLS and a login', ['kafka'], ({ kafka, directory }) => {
  describe.each(kafkaClients)('by %s', client => {
    let secure: SecureKafka
    let right: Readonly<Record<string, string>>
    beforeAll(async () => {
      secure = (await openStack(directory))!.kafkaSecure
      right = {
        KAFKA_CLIENT: client,
        KAFKA_BROKERS: secure.brokers.join(','),
        KAFKA_TLS: 'true',
        KAFKA_CA_FILE: secure.authorityFile,
        KAFKA_SASL_MECHANISM: 'scram-sha-512',
        KAFKA_SASL_USERNAME: secure.username,
        KAFKA_SASL_PASSWORD: secure.password,
      }
    })

    /** As a service does it: from its environment. */
    function open(variables: Readonly<Record<string, string>>): EventLog {
      const named = Object.entries(variables).map(([name, value]) => [`MILLRACE_${name}`, value])
      const config = loadConfig(Object.fromEntries(named), kafkaEnv)
      const log = kafkaEventLogFromEnv(config, { clock: systemClock, logger: silentLogger })
      onTestFinished(() => log.close())
      return log
    }
    async function failureOf(variables: Readonly<Record<string, string>>): Promise<CodedError> {
      const error = await open(variables)
        .ping()
        .then(
          () => null,
          (error: unknown) => error,
        )
      if (!(error instanceof CodedError)) throw new Error(`expected a coded error, got ${String(error)}`)
      expect(error.message).not.toContain(secure.password)
      expect(error.message).not.toContain(WRONG)
      expect(error.message).not.toContain('\n')
      return error
    }
    const without = (...names: string[]) =>
      Object.fromEntries(Object.entries(right).filter(([name]) => !names.some(prefix => name.startsWith(prefix))))

    it.each(['plain', 'scram-sha-512'])('stores, reads and consumes after a login by %s', async mechanism => {
      const log = open({ ...right, KAFKA_SASL_MECHANISM: mechanism })
      const topic = `secure-${randomUUID().slice(0, 8)}`
      await log.ensureTopics([topicSpec(topic, { partitions: 1 })])
      const producer = await log.producer({ clientId: 'secure' })
      const record = { key: text('k'), value: text('v'), timestampMs: systemClock.now() }
      expect(await producer.append(topic, [record], { deadlineMs: 60_000 })).toEqual([
        { ok: true, partition: 0, offset: 0 },
      ])
      expect((await collect(log.read(topic, 0, 0, 1))).map(({ value }) => value.toString())).toEqual(['v'])
      const consumer = await log.consumer({ group: topic, topics: [topic], clientId: 'secure' })
      expect(await consumer.poll(120_000)).toMatchObject({ type: 'assigned', assignments: [{ topic, end: 1 }] })
      await consumer.close()
    })

    it.each(['plain', 'scram-sha-512'])('names the settings when the password is wrong, by %s', async mechanism => {
      const error = await failureOf({ ...right, KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_PASSWORD: WRONG })
      expect(error).toMatchObject({ code: 'login_refused', retryable: false })
      expect(error.message).toContain('MILLRACE_KAFKA_SASL_PASSWORD')
    })

    it('names the setting when the brokers do not know the mechanism', async () => {
      const error = await failureOf({ ...right, KAFKA_SASL_MECHANISM: 'scram-sha-256' })
      expect(error).toMatchObject({ code: 'login_refused', retryable: false })
      expect(error.message).toContain('MILLRACE_KAFKA_SASL_MECHANISM')
    })

    it.each(['another authority', 'those of the system'])('names the setting when %s is trusted', async who => {
      const other = path.join(path.dirname(secure.authorityFile), 'another-authority.pem')
      expect(readFileSync(other, 'utf8')).toContain('BEGIN CERTIFICATE')
      const error = await failureOf(
        who === 'another authority' ? { ...right, KAFKA_CA_FILE: other } : without('KAFKA_CA_FILE'),
      )
      expect(error).toMatchObject({ code: 'certificate_refused', retryable: false })
      expect(error.message).toContain('MILLRACE_KAFKA_CA_FILE')
    })

    it('names the setting when a client without TLS meets a listener with it', async () => {
      const error = await failureOf(without('KAFKA_TLS', 'KAFKA_CA_FILE'))
      expect(error.message).toContain('MILLRACE_KAFKA_TLS')
    })

    it('names the setting when a client without a login meets a listener that asks for one', async () => {
      const error = await failureOf(without('KAFKA_SASL'))
      expect(error.message).toContain('MILLRACE_KAFKA_SASL_MECHANISM')
    })

    it('names the setting when a client with TLS meets a listener without it', async () => {
      const error = await failureOf({ ...right, KAFKA_BROKERS: kafka.brokers.join(',') })
      expect(error.message).toContain('MILLRACE_KAFKA_TLS')
    })

    it('says so too when it joins a group', async () => {
      const log = open({ ...right, KAFKA_SASL_PASSWORD: WRONG })
      const options = { group: 'g', topics: ['t'], clientId: 'c' }
      await expect(log.consumer(options)).rejects.toMatchObject({ code: 'login_refused', retryable: false })
    })
  })
})
