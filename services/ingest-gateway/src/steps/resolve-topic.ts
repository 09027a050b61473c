import type { Catalog, Topic } from '@millrace/contracts'
import { nearest } from '@millrace/runtime'
import type { ApiKey } from '../keys/api-key.ts'
import type { Refusal } from '../problem.ts'

/** The topic of that name, which the key may write, or why there is none. */
export function resolveTopic(
  name: string,
  { topics: allowed, browser }: ApiKey,
  catalog: Pick<Catalog, 'find'>,
): Topic | Refusal {
  const topic = catalog.find(name)
  if (browser && topic?.route && !topic.route.browsers)
    return {
      code: 'topic_not_allowed',
      details: { topic: name },
      hint: 'The contract of the topic does not let browser keys write it.',
    }
  if (topic?.route && allowed.includes(name)) return topic
  const mayWrite = `This key may write ${allowed.join(', ') || 'no topic at all'}.`
  if (topic?.route) return { code: 'topic_not_allowed', details: { topic: name }, hint: mayWrite }
  const near = nearest(name, allowed)
  const hint = near ? `Did you mean ${near}? ${mayWrite}` : mayWrite
  return { code: 'unknown_topic', details: { topic: name }, hint }
}
