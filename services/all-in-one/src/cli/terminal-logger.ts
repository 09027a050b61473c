import { createLogger, type Logger } from '@millrace/runtime'
import { printableLine } from './printable.ts'
import type { Terminal } from './terminal.ts'

/** A log line as a line for people: its event, then its fields. */
export function readable(line: string): string {
  const { level: _level, time: _time, service: _service, event, ...fields } = JSON.parse(line)
  const texts = Object.entries(fields).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return printableLine(`${event}: ${texts.join(', ')}`)
}

/** A logger whose warnings and errors are lines of a command, with the last of them. */
export function createTerminalLogger(
  name: string,
  terminal: Terminal,
): { readonly logger: Logger; lastLine(): string | null } {
  let last: string | null = null
  const write = (line: string): void => {
    last = readable(line)
    terminal.say(last)
  }
  return { logger: createLogger(name, { level: 'warn', destination: { write } }), lastLine: () => last }
}

/** The last warning of a command, as the end of its summary. */
export const lastWarning = (line: string | null): string => (line === null ? '' : ` The last warning: ${line}`)
