import { ConfigError } from '@millrace/runtime'
import type { CommonOptions, DomainSimulation } from '@millrace/simulation'
import type { Command } from 'commander'
import { z } from 'zod'
import { UsageError } from './usage-error.ts'

const camelCase = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** JSON Schema of every option of several simulations. */
const optionsOf = (simulations: readonly DomainSimulation[]) =>
  z.toJSONSchema(z.object(Object.assign({}, ...simulations.map(({ optionShape }) => optionShape))), { io: 'input' })
    .properties as Readonly<Record<string, Readonly<Record<'form' | 'description' | 'default', string | undefined>>>>

/** Adds the options of simulations to a command, but for those that the command sets itself. */
export function addGeneratorOptions(
  command: Command,
  simulations: readonly DomainSimulation[],
  { without = [] }: { readonly without?: readonly string[] } = {},
): Command {
  for (const [name, { form = '', description = '', default: standard }] of Object.entries(optionsOf(simulations)))
    if (!without.includes(name))
      command.option(
        `--${name} ${form.startsWith('<') ? form : `<${form}>`}`,
        standard === undefined ? description : `${description} (default: ${standard})`,
      )
  return command
}

/**
 * The options of a simulation out of a command's flags.
 * @param set options that the command sets itself, by name
 * @param defaultsOf options that are not those of every run unless given
 * @throws UsageError that lists every problem
 */
export function readGeneratorOptions(
  simulation: DomainSimulation,
  flags: Readonly<Record<string, unknown>>,
  set: Readonly<Record<string, string>> = {},
  defaultsOf: (given: Readonly<Record<string, string>>) => Readonly<Record<string, string | undefined>> = () => ({}),
): CommonOptions {
  const given = Object.fromEntries(
    Object.keys(simulation.optionShape).flatMap(name => {
      const value = flags[camelCase(name)] as string | undefined
      return value === undefined ? [] : [[name, value]]
    }),
  )
  try {
    return simulation.parse({ ...defaultsOf(given), ...given, ...set }, name => `--${name}`)
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.problems.join('\n')) : error
  }
}
