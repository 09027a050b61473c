import type { Catalog, DomainContract } from '@millrace/contracts'
import { allDomains, catalogOf } from '@millrace/domains/contracts'
import type { LogReader } from '@millrace/event-log'
import { CodedError } from '@millrace/runtime'
import type { CommandContext } from './context.ts'
import { chosenDomains } from './domain-flags.ts'
import { UsageError } from './usage-error.ts'

type Ranges = Awaited<ReturnType<LogReader['range']>>

/** The ranges of a topic; null where the log has no such topic. */
export async function rangesOf(log: LogReader, topic: string): Promise<Ranges | null> {
  try {
    return await log.range(topic)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'unknown_topic') return null
    throw error
  }
}

const topicNames = ({ topics }: DomainContract): string[] => Object.values(topics).map(({ name }) => name)

async function hasTopics(log: LogReader, domain: DomainContract): Promise<boolean> {
  for (const name of topicNames(domain)) if (await rangesOf(log, name)) return true
  return false
}

/**
 * The contracts of the domains that a command works on in stores that are there: those that were chosen, else those with a
 * topic in the log. Says which are left out.
 * @param isExpected whether events of a topic must be there, so that its domain is never left out
 * @throws UsageError where a chosen domain, or every domain, has no topic there
 */
export async function storedDomains(
  { log, location }: { readonly log: LogReader; readonly location: string },
  { domains, isExpected = () => false }: { domains?: string | undefined; isExpected?: (topic: string) => boolean },
  { terminal, environment }: Pick<CommandContext, 'terminal' | 'environment'>,
): Promise<Catalog> {
  const chosen = chosenDomains(domains, environment)
  const there: string[] = []
  const absent: string[] = []
  for (const domain of allDomains) {
    if (chosen && !chosen.names.includes(domain.name)) continue
    const isThere = topicNames(domain).some(isExpected) || (await hasTopics(log, domain))
    ;(isThere ? there : absent).push(domain.name)
  }
  const lack = `no topic of ${absent.join(', ')} is in ${location}`
  if (absent.length === 0) return catalogOf(there)
  if (chosen) throw new UsageError(`${chosen.by} has ${chosen.names.join(', ')}, but ${lack}: leave it out.`)
  if (there.length === 0)
    throw new UsageError(
      `There is no domain to look at, ${lack}: create them with "millrace topics ensure", or name other stores with --data or --stack.`,
    )
  terminal.say(`Left out: ${lack}.`)
  return catalogOf(there)
}
