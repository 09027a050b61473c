import { type Catalog, createCatalog, type DomainContract } from '@millrace/contracts'
import { env } from '@millrace/runtime'
import { domainContracts } from './generated/contracts.ts'

/** The contracts of every domain. */
export const allDomains: readonly DomainContract[] = domainContracts

/** The contracts of every domain and of the platform. */
export const catalog: Catalog = createCatalog(allDomains)

const known = allDomains.map(({ name }) => name)
const areKnown = (names: readonly string[]): boolean => names.every(name => known.includes(name))

/** Environment of the services that work on several domains. */
export const domainsEnv = {
  /** Domains that this process works on; all of them unless given. */
  DOMAINS: env
    .list()
    .refine(areKnown, { error: `expected some of ${known.join(', ')}, separated by commas` })
    .optional(),
} as const

/**
 * The contracts of a deployment that runs some of the domains.
 * @param names every domain where left out
 * @throws an error that names the known domains when there is another
 */
export function catalogOf(names?: readonly string[]): Catalog {
  if (names === undefined) return catalog
  if (!areKnown(names)) throw new Error(`No such domains: ${names.join(', ')}. Known: ${known.join(', ')}.`)
  return createCatalog(allDomains.filter(({ name }) => names.includes(name)))
}
