import type { CommonOptions, DomainSimulation, OptionSpec } from '@millrace/simulation'
import type { Command } from 'commander'
import { UsageError } from './usage-error.ts'

const camelCase = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The options of several simulations, each once: those that all domains share come with every one of them. */
const specsOf = (simulations: readonly DomainSimulation[]): OptionSpec[] => [
  ...new Map(simulations.flatMap(({ optionSpecs }) => optionSpecs).map(spec => [spec.name, spec])).values(),
]

/** Adds the options of simulations to a command, but for those that the command sets itself. */
export function addGeneratorOptions(
  command: Command,
  simulations: readonly DomainSimulation[],
  { without = [] }: { readonly without?: readonly string[] } = {},
): Command {
  for (const { name, value, description, default: standard } of specsOf(simulations))
    if (!without.includes(name))
      command.option(
        `--${name} ${value.startsWith('<') ? value : `<${value}>`}`,
        standard === undefined ? description : `${description} (default: ${standard})`,
      )
  return command
}

/**
 * The options of a simulation out of a command's flags.
 * @param set options that the command sets itself, by name
 * @throws UsageError that lists every problem
 */
export function readGeneratorOptions(
  simulation: DomainSimulation,
  flags: Readonly<Record<string, unknown>>,
  set: Readonly<Record<string, string>> = {},
): CommonOptions {
  const values: Record<string, string> = { ...set }
  for (const { name } of simulation.optionSpecs) {
    const value = flags[camelCase(name)]
    if (typeof value === 'string') values[name] = value
  }
  const parsed = simulation.parse(values)
  if (parsed.ok) return parsed.options
  throw new UsageError(parsed.problems.map(({ option, message }) => `--${option} ${message}`).join('\n'))
}
