import { existsSync } from 'node:fs'
import path from 'node:path'
import { type DomainContract, groupOf, makerOf, serviceOf, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Topology } from '@millrace/stream'
import { type Aggregation, topologiesOf } from '../aggregation.ts'
import type { Curation } from '../curation.ts'
import { type Profiling, profilingTopologiesOf } from '../profiling.ts'

/** How a domain makes topics of topics. */
export interface Making {
  readonly curation?: Curation | undefined
  readonly aggregation?: Aggregation | undefined
  readonly profiling?: Profiling | undefined
}

/** A log for topologies that are only looked at. */
const unread: Pick<EventLog, 'range' | 'read' | 'committed' | 'close'> = {
  range: () => Promise.reject(new Error('a topology that does not run reads no log')),
  read: () => {
    throw new Error('a topology that does not run reads no log')
  },
  committed: () => Promise.reject(new Error('a topology that does not run reads no log')),
  close: () => Promise.resolve(),
}

/** The services whose topologies are part of a domain. */
const MAKERS = ['curator', 'aggregator', 'profiler']

function curationProblems({ source, target }: Curation): string[] {
  const { derivedFrom } = target
  const isRight = derivedFrom?.topic === source && derivedFrom.by === 'curator' && derivedFrom.relation === 'each'
  const said = derivedFrom
    ? `{ topic: ${derivedFrom.topic.name}, by: '${derivedFrom.by}', relation: '${derivedFrom.relation}' }`
    : 'nothing'
  return isRight
    ? []
    : [
        `${target.name}: its derivedFrom is ${said}: expected { topic: ${source.name}, by: 'curator', relation: 'each' }, as its curation makes it`,
      ]
}

/** How a derivation names the topology of a group. */
function topologyText({ domain, derivedFrom }: Topic, group: string): string {
  const topology = group.slice(groupOf(derivedFrom!.by, domain).length + 1)
  return topology === '' ? 'no topology' : `topology: '${topology}'`
}

function outputProblems(output: Topic, { name, topics }: Topology): string[] {
  const { derivedFrom } = output
  const read = topics.map(topic => topic.name).join(', ')
  if (!derivedFrom)
    return [`${output.name}: ${name} writes it, but it has no derivedFrom: expected one of the topics ${read}`]
  return [
    ...(derivedFrom.by === serviceOf(name)
      ? []
      : [
          `${output.name}: its derivedFrom is by '${derivedFrom.by}', but ${name} writes it: say by: '${serviceOf(name)}'`,
        ]),
    ...(derivedFrom.by !== serviceOf(name) || makerOf(output) === name
      ? []
      : [
          `${output.name}: its derivedFrom says that the group ${makerOf(output)} makes it, but ${name} writes it: expected ${topologyText(output, name)}`,
        ]),
    ...(topics.includes(derivedFrom.topic)
      ? []
      : [
          `${output.name}: its derivedFrom is of ${derivedFrom.topic.name}, which ${name} does not read: expected one of ${read}`,
        ]),
  ]
}

/**
 * What the derived topics of a domain say of themselves and is not so, a sentence each.
 * @param root folder of the checkout
 */
export function derivationProblems(
  domain: DomainContract,
  { curation, aggregation, profiling }: Making,
  root: string,
): string[] {
  const curated = curation ? [curation.createTopology({})] : []
  let topologies: readonly Topology[] = curated
  try {
    topologies = [
      ...curated,
      ...(aggregation ? topologiesOf(aggregation, { log: unread }) : []),
      ...(profiling ? profilingTopologiesOf(profiling, { log: unread }) : []),
    ]
  } catch (error) {
    return [(error as Error).message]
  }
  const written = new Set(topologies.flatMap(({ outputs }) => outputs))
  const problems = curation ? curationProblems(curation) : []
  for (const topology of topologies)
    for (const output of topology.outputs)
      if (output !== curation?.target) problems.push(...outputProblems(output, topology))
  for (const topic of Object.values(domain.topics)) {
    const by = topic.derivedFrom?.by
    if (by === undefined || written.has(topic)) continue
    if (!existsSync(path.join(root, 'services', by, 'package.json')))
      problems.push(
        `${topic.name}: its derivedFrom is by '${by}', which is no folder of services: expected such as ${MAKERS.join(', ')}`,
      )
    else if (MAKERS.includes(by))
      problems.push(`${topic.name}: its derivedFrom is by '${by}', but no topology of ${domain.name} there writes it`)
  }
  return problems
}
