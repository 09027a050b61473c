import type { Catalog } from '@millrace/contracts'
import { allDomains, catalogOf } from '@millrace/domains/contracts'
import { nearest } from '@millrace/runtime'
import { UsageError } from './usage-error.ts'

/** The option of commands that work on several domains. */
export const DOMAINS_OPTION = [
  '--domains <domains>',
  `only these domains, separated by commas: ${allDomains.map(({ name }) => name).join(', ')}`,
] as const

/**
 * The contracts of the domains that `--domains` names; all of them where it is not given.
 * @throws UsageError that names the known domains
 */
export function readDomains(text: string | undefined): Catalog {
  if (text === undefined) return catalogOf()
  const names = text.split(',').map(name => name.trim())
  const known = allDomains.map(({ name }) => name)
  const unknown = names.find(name => !known.includes(name))
  if (unknown === undefined) return catalogOf(names)
  const near = nearest(unknown, known)
  throw new UsageError(
    `--domains has ${JSON.stringify(unknown)}: ${near ? `did you mean ${near}? E` : 'e'}xpected some of ${known.join(', ')}.`,
  )
}
