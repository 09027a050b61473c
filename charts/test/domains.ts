import { catalog } from '@millrace/domains/contracts'
import { simulations } from '@millrace/domains/simulation'
import { generatorName } from '@millrace/simulation'

/** Names of the generators, one a domain. */
export const generators: readonly string[] = [...simulations.keys()].map(generatorName)
/** Topics that generators may write. */
export const clientTopics: readonly string[] = [...catalog.routes.values()].map(({ name }) => name)
