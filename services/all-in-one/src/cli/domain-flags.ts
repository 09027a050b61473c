import type { Catalog } from '@millrace/contracts'
import { allDomains, catalogOf } from '@millrace/domains/contracts'
import { nearest } from '@millrace/runtime'
import { UsageError } from './usage-error.ts'

const VARIABLE = 'MILLRACE_DOMAINS'
const known = allDomains.map(({ name }) => name)

/** The option of commands that work on several domains. */
export const DOMAINS_OPTION = [
  '--domains <domains>',
  `only these domains, separated by commas: ${known.join(', ')} (default: those of ${VARIABLE})`,
] as const

/**
 * The names of the domains that were chosen, and by what; undefined where nothing was.
 * @throws UsageError that names the known domains
 */
export function chosenDomains(flag: string | undefined, environment: NodeJS.ProcessEnv) {
  const [by, text] = flag === undefined ? [VARIABLE, environment[VARIABLE]] : ['--domains', flag]
  if (text === undefined) return undefined
  const names = text
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  const unknown = names.length === 0 ? text : names.find(name => !known.includes(name))
  if (unknown === undefined) return { by, names }
  const near = nearest(unknown, known)
  throw new UsageError(
    `${by} has ${JSON.stringify(unknown)}: ${near ? `did you mean ${near}? E` : 'e'}xpected some of ${known.join(', ')}.`,
  )
}

/**
 * The contracts of the domains that `--domains` names, else those of MILLRACE_DOMAINS, else all of them.
 * @throws UsageError that names the known domains
 */
export const readDomains = (flag: string | undefined, environment: NodeJS.ProcessEnv): Catalog =>
  catalogOf(chosenDomains(flag, environment)?.names)
