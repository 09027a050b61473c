import { statSync } from 'node:fs'
import path from 'node:path'
import { systemReason } from '@millrace/runtime'
import type { Command } from 'commander'
import { UsageError } from './usage-error.ts'

type Kind = 'file' | 'folder'

/** An option or argument that is a path, because its placeholder is `file` or `folder`. */
interface PathValue {
  readonly name: string
  readonly kind: Kind
  readonly value: string
  /** Null for a default value, which is no user's. */
  readonly replace: ((resolved: string) => void) | null
}

const MAX_SHOWN_CHARACTERS = 200

const kindIn = (flags: string): Kind | undefined =>
  /[<[](file|folder)(?:\|-)?[>\]]/.exec(flags)?.[1] as Kind | undefined

/** Where the user is: npm runs scripts in the folder of the package. */
export const inUserFolder = (name: string, { INIT_CWD: folder = '' }: NodeJS.ProcessEnv): string =>
  path.resolve(folder, name)

function* pathsOf(command: Command): Generator<PathValue> {
  for (const option of command.options) {
    const kind = kindIn(option.flags)
    const attribute = option.attributeName()
    const value = command.getOptionValue(attribute)
    const isGiven = command.getOptionValueSource(attribute) === 'cli'
    const replace = (resolved: string): void => void command.setOptionValueWithSource(attribute, resolved, 'cli')
    const isStream = option.flags.includes('|->') && value === '-'
    if (kind && typeof value === 'string' && !isStream)
      yield { name: option.long ?? option.flags, kind, value, replace: isGiven ? replace : null }
  }
  for (const [index, argument] of command.registeredArguments.entries()) {
    const name = `<${argument.name()}>`
    const kind = kindIn(name)
    const value = String(command.processedArgs[index])
    // A standard stream.
    if (!kind || value === '-') continue
    const replace = (resolved: string): void => {
      command.processedArgs[index] = resolved
    }
    yield { name, kind, value, replace }
  }
}

/** Why a path cannot be what is wanted; null where it can, or is not there yet. */
function problemOf(value: string, kind: Kind): string | null {
  try {
    const found = statSync(value)
    if (kind === 'folder') return found.isDirectory() ? null : 'that is a file'
    return found.isDirectory() ? 'that is a folder' : null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : systemReason(error)
  }
}

/**
 * Resolves the paths that a command was given, and looks at them before anything is done.
 * @param folder the folder where the user is, where that is not the one of the process: npm runs scripts in the folder of the package
 * @throws UsageError for a path that is blank or cannot be what the command wants
 */
export function readUserPaths(command: Command, folder: string | undefined): void {
  for (const { name, kind, value, replace } of pathsOf(command)) {
    const place = folder !== undefined && replace ? path.resolve(folder, value) : value
    const problem = value.trim() === '' ? 'it is blank' : problemOf(place, kind)
    if (problem !== null) {
      const shown = value.length > MAX_SHOWN_CHARACTERS ? `${value.slice(0, MAX_SHOWN_CHARACTERS)}…` : value
      throw new UsageError(`${name} is ${JSON.stringify(shown)}: ${problem}. Expected the path of a ${kind}.`)
    }
    replace?.(place)
  }
}
