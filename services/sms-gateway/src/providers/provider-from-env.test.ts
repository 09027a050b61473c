import { createLogger, loadConfig, ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { smsGatewayEnv } from '../config.ts'
import { smsProviderFromEnv } from './provider-from-env.ts'

const parts = { clock: new ManualClock(0), logger: createLogger('test', { level: 'silent' }) }
const providerOf = (variables: Readonly<Record<string, string>>) =>
  smsProviderFromEnv(loadConfig({ MILLRACE_KAFKA_BROKERS: 'nowhere:1', ...variables }, smsGatewayEnv), parts)
const HTTP = { MILLRACE_SMS_PROVIDER: 'http' }
const URL_OF = { MILLRACE_SMS_URL: 'https://sms.example.com/v1/messages' }

describe('the provider of the settings', () => {
  it('is a log line, or an HTTP address', () => {
    expect(providerOf({}).name).toBe('log')
    expect(providerOf({ ...URL_OF, MILLRACE_SMS_PROVIDER: 'log' }).name).toBe('log')
    expect(providerOf({ ...HTTP, ...URL_OF }).name).toBe('http')
  })

  it.each([
    [{ MILLRACE_SMS_PROVIDER: 'mail' }, /MILLRACE_SMS_PROVIDER is "mail": expected one of log, http/],
    [HTTP, /MILLRACE_SMS_URL is missing: the provider http needs to know/],
    [
      { ...HTTP, MILLRACE_SMS_URL: 'ftp://example.com' },
      /MILLRACE_SMS_URL is "ftp:\/\/example.com": expected an address such as/,
    ],
    [{ ...HTTP, MILLRACE_SMS_URL: 'https://me:key@example.com' }, /MILLRACE_SMS_URL/],
    [{ ...HTTP, ...URL_OF, MILLRACE_SMS_TIMEOUT: '0s' }, /MILLRACE_SMS_TIMEOUT is 0/],
    [{ ...HTTP, ...URL_OF, MILLRACE_SMS_TIMEOUT: '10' }, /MILLRACE_SMS_TIMEOUT is "10": expected a duration/],
    [{ MILLRACE_SMS_ATTEMPTS: '0' }, /MILLRACE_SMS_ATTEMPTS is "0": expected a whole number from 1 to 20/],
    [{ MILLRACE_SMS_URI: 'x' }, /MILLRACE_SMS_URI.*MILLRACE_SMS_URL/],
  ])('is refused: %j', (variables, message) => {
    expect(() => providerOf(variables)).toThrow(message)
  })

  it('is refused with a token that no header can hold, which is not shown', () => {
    const read = (): unknown => providerOf({ ...HTTP, ...URL_OF, MILLRACE_SMS_TOKEN: 'secret\n' })
    expect(read).toThrow(/MILLRACE_SMS_TOKEN has a character that no header can hold/)
    expect(read).not.toThrow(/secret\n/)
  })

  it('is told every problem at once', () => {
    expect(() => providerOf({ ...HTTP, MILLRACE_SMS_TOKEN: 'a b', MILLRACE_SMS_TIMEOUT: '0s' })).toThrow(
      /has 3 problems:\n.*SMS_URL.*\n.*SMS_TOKEN.*\n.*SMS_TIMEOUT/,
    )
  })
})
