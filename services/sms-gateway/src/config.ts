import { kafkaEnv } from '@millrace/event-log'
import { env, serviceEnv } from '@millrace/runtime'

/** Without a login, which belongs to the token. */
const url = env.parsed('an address such as https://sms.example.com/v1/messages', text => {
  const parsed = URL.parse(text)
  const isTaken = parsed && /^https?:$/.test(parsed.protocol) && parsed.username + parsed.password === ''
  return isTaken ? text : undefined
})

/** Environment of the SMS gateway; every name has the prefix MILLRACE_. */
export const smsGatewayEnv = {
  ...serviceEnv,
  ...kafkaEnv,
  /** Who sends: `log` writes a line for each message, `http` sends it to an address. */
  SMS_PROVIDER: env.oneOf(['log', 'http']).prefault('log'),
  /** Where the provider http takes messages. */
  SMS_URL: url.optional(),
  /** Bearer token for it. */
  SMS_TOKEN: env.secret().optional(),
  /** Attempts for a message, the first one included. */
  SMS_ATTEMPTS: env.integer({ min: 1, max: 20 }).prefault('5'),
  /** How long an attempt may take. */
  SMS_TIMEOUT: env.duration().prefault('10s'),
} as const
