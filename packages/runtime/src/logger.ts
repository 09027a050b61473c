import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/**
 * A logger that writes JSON lines synchronously: one line is one event, its name first.
 * Nothing logs payloads or credentials; the usual names of credentials are redacted all the same.
 */
export function createLogger(
  service: string,
  { level = 'info', destination }: { level?: (typeof LOG_LEVELS)[number]; destination?: DestinationStream } = {},
): Logger {
  const options = {
    level,
    base: { service },
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: [
        'password',
        'token',
        'secret',
        'apiKey',
        'authorization',
        '*.password',
        '*.token',
        '*.secret',
        '*.apiKey',
        '*.authorization',
      ],
      censor: '[redacted]',
    },
  }
  return destination ? pino(options, destination) : pino(options, pino.destination({ dest: 1, sync: true }))
}
