import {
  type Catalog,
  failedEventsTopic,
  type Identifier,
  type MartMapping,
  personFieldsOf,
  type Topic,
} from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Lake } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import type { LogCut } from '@millrace/reconciler'
import { findRows } from './find-rows.ts'
import { Findings } from './findings.ts'
import type { Identity } from './identity.ts'
import { type FoundInLog, type FoundRecord, readObject, recordsInLog, rowsInLake } from './scan.ts'

export interface FindPersonOptions {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  /** Where the erasure ends: records from there on are new data. */
  readonly ends: LogCut
  /** Local folder for one fetched file at a time; it must exist. */
  readonly directory: string
  readonly onProgress?: (line: string) => void
}

const topicsOf = ({ topics }: Catalog, identities: readonly Identity[]): Topic[] =>
  topics.filter(({ person }) => identities.some(identity => identity.canOwn(person)))

/** Everything that the stores have of each of some people, who are independent of one another. */
export async function findPeople(
  identities: readonly Identity[],
  options: FindPersonOptions,
): Promise<readonly Findings[]> {
  const { catalog, onProgress } = options
  await learnIdentifiers(identities, options)
  const all = identities.map(identity => new Findings(identity))
  // The rows come first: whatever made them is in the log when it is read after them.
  for (const findings of all) await findRows(findings, options)
  for (const topic of topicsOf(catalog, identities)) {
    const own = all.filter(({ identity }) => identity.canOwn(topic.person))
    await searchLog(topic, own, options)
    if (topic.lake) await searchLake(topic, own, options)
    onProgress?.(`${topic.name}: searched`)
  }
  await searchFailedEvents(all, options)
  return all
}

/** Learns the narrower identifiers of people from the records that have several. */
async function learnIdentifiers(identities: readonly Identity[], options: FindPersonOptions): Promise<void> {
  const linking = options.catalog.topics.filter(({ person }) => Object.keys(personFieldsOf(person)).length > 1)
  for (let isNew = true; isNew; ) {
    isNew = false
    for (const topic of linking)
      for (const identity of identities) {
        if (!identity.canOwn(topic.person)) continue
        for (const found of await linksOf(topic, identity, options)) isNew = identity.learn([found]) || isNew
      }
  }
}

async function linksOf(topic: Topic, identity: Identity, options: FindPersonOptions): Promise<Identifier[]> {
  const { person, name } = topic
  const links: Identifier[] = []
  const newest = new Map<string, Identifier[]>()
  const linksIn = ({ event }: FoundRecord): Identifier[] =>
    identity.owns(person, event) ? identity.narrowerIn(person, event) : []
  for await (const record of recordsInLog(options.log, name)) {
    // Of a compacted topic only the newest record of a key is true.
    if (topic.cleanup === 'compact') newest.set(record.key.toString('base64'), linksIn(record))
    else if (record.offset < endOf(options.ends, name, record.partition)) links.push(...linksIn(record))
  }
  if (topic.lake)
    for await (const row of rowsInLake(options.lake, topic, { ...options, ends: options.ends.get(name) ?? new Map() }))
      links.push(...linksIn(row))
  return [...links, ...[...newest.values()].flat()]
}

const endOf = (ends: LogCut, topic: string, partition: number): number => ends.get(topic)?.get(partition) ?? 0

async function searchLog(topic: Topic, all: readonly Findings[], options: FindPersonOptions): Promise<void> {
  const { catalog, log, ends } = options
  const mappings = catalog.mappingsOf(topic.name)
  for await (const record of recordsInLog(log, topic.name)) {
    const isLater = record.offset >= endOf(ends, topic.name, record.partition)
    for (const findings of all) {
      const isOwn = findings.identity.owns(topic.person, record.event)
      if (topic.cleanup === 'compact') findings.noteKey(topic, record, isOwn && !isLater)
      if (!isOwn) continue
      findings.noteInLog(topic, record, isLater)
      for (const row of mappedRows(topic, mappings, record))
        if (isLater) findings.noteLaterRow(row.table, row.row)
        else findings.noteStatic(row.table, row.row)
    }
  }
}

async function searchLake(topic: Topic, all: readonly Findings[], options: FindPersonOptions): Promise<void> {
  const { catalog, lake, ends } = options
  const mappings = catalog.mappingsOf(topic.name)
  for await (const row of rowsInLake(lake, topic, { ...options, ends: ends.get(topic.name) ?? new Map() }))
    for (const findings of all) {
      if (!findings.identity.owns(topic.person, row.event)) continue
      findings.noteInLake(topic, row)
      for (const mapped of mappedRows(topic, mappings, row)) findings.noteStatic(mapped.table, mapped.row)
    }
}

/** The rows that the mart writer makes of a record; none of one that it refuses. */
function mappedRows({ schema }: Topic, mappings: readonly MartMapping[], { event }: FoundRecord) {
  if (mappings.length === 0 || !schema.safeParse(event).success) return []
  return mappings.flatMap(({ table, toRow }) => {
    const row = toRow(event!)
    return row ? [{ table, row }] : []
  })
}

/** Counts the failed events whose original bytes are the person's: by the fields of their topic, else by the bare identifier. */
async function searchFailedEvents(all: readonly Findings[], { catalog, log }: FindPersonOptions): Promise<void> {
  const inBytes = (identity: Identity, bytes: Buffer): boolean =>
    identity.identifiers.some(({ value }) => bytes.includes(JSON.stringify(value)))
  for await (const record of recordsInLog(log, failedEventsTopic.name)) {
    const { topic: name, payload } = (record.event ?? {}) as { topic?: string | null; payload?: string }
    const topic = typeof name === 'string' ? catalog.find(name) : undefined
    if (typeof payload !== 'string' || !topic) continue
    const bytes = Buffer.from(payload, 'base64')
    const event = readObject(bytes)
    for (const findings of all) {
      const { identity } = findings
      const isOwn = identity.owns(topic.person, event) || (event === null && inBytes(identity, bytes))
      if (isOwn) findings.noteInLog(failedEventsTopic, record satisfies FoundInLog, false)
    }
  }
}
