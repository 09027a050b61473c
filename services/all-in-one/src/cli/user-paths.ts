import path from 'node:path'
import type { Command } from 'commander'

/** Options and arguments whose placeholder is `file` or `folder` are paths. */
const PATH = /[<[](file|folder)[>\]]/

/**
 * Resolves the paths that a command was given against the folder where the user is. npm runs scripts in the folder of the package, and
 * names the user's in INIT_CWD.
 */
export function resolveUserPaths(command: Command, folder: string): void {
  const resolved = (given: string): string => path.resolve(folder, given)
  for (const option of command.options) {
    const name = option.attributeName()
    const value = command.getOptionValue(name)
    if (PATH.test(option.flags) && command.getOptionValueSource(name) === 'cli' && typeof value === 'string')
      command.setOptionValueWithSource(name, resolved(value), 'cli')
  }
  for (const [index, argument] of command.registeredArguments.entries())
    if (PATH.test(`<${argument.name()}>`)) command.processedArgs[index] = resolved(String(command.processedArgs[index]))
}
