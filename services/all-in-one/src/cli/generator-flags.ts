import { type GeneratorOptions, lolGeneratorOptionSpecs, parseGeneratorOptions } from '@millrace/lol-generator'
import type { Command } from 'commander'
import { UsageError } from './usage-error.ts'

const camelCase = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Adds the generator's options to a command, but for those that the command sets itself. */
export function addGeneratorOptions(
  command: Command,
  { without = [] }: { readonly without?: readonly string[] } = {},
): Command {
  for (const { name, value, description, default: standard } of lolGeneratorOptionSpecs)
    if (!without.includes(name))
      command.option(
        `--${name} ${value.startsWith('<') ? value : `<${value}>`}`,
        standard === undefined ? description : `${description} (default: ${standard})`,
      )
  return command
}

/**
 * The generator's options out of a command's flags.
 * @param set options that the command sets itself, by name
 * @throws UsageError that lists every problem
 */
export function readGeneratorOptions(
  flags: Readonly<Record<string, unknown>>,
  set: Readonly<Record<string, string>> = {},
): GeneratorOptions {
  const values: Record<string, string> = { ...set }
  for (const { name } of lolGeneratorOptionSpecs) {
    const value = flags[camelCase(name)]
    if (typeof value === 'string') values[name] = value
  }
  const parsed = parseGeneratorOptions(values)
  if (parsed.ok) return parsed.options
  throw new UsageError(parsed.problems.map(({ option, message }) => `--${option} ${message}`).join('\n'))
}
