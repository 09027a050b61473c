import { type Clock, ConfigError, type Logger, type loadConfig } from '@millrace/runtime'
import type { smsGatewayEnv } from '../config.ts'
import { createHttpProvider } from './http-provider.ts'
import { createLogProvider } from './log-provider.ts'
import type { SmsProvider } from './provider.ts'

const HEADER_TEXT = /^[\x21-\x7e]+$/

type Config = ReturnType<typeof loadConfig<typeof smsGatewayEnv>>

/** The provider that the settings name. @throws ConfigError with every setting that it cannot use */
export function smsProviderFromEnv(
  { SMS_PROVIDER, SMS_URL: url, SMS_TOKEN: token, SMS_TIMEOUT: timeoutMs }: Config,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): SmsProvider {
  if (SMS_PROVIDER === 'log') return createLogProvider(logger)
  const problems: string[] = []
  if (url === undefined)
    problems.push('MILLRACE_SMS_URL is missing: the provider http needs to know where to send messages.')
  if (token && !HEADER_TEXT.test(token.reveal()))
    problems.push(
      'MILLRACE_SMS_TOKEN has a character that no header can hold, such as a line end: expected visible ASCII.',
    )
  if (timeoutMs === 0) problems.push('MILLRACE_SMS_TIMEOUT is 0: expected the time that an attempt may take.')
  if (problems.length > 0 || url === undefined) throw new ConfigError(problems)
  return createHttpProvider({ url, token, timeoutMs, clock })
}
