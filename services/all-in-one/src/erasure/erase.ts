import { randomBytes } from 'node:crypto'
import {
  type Catalog,
  createCatalog,
  type ErasureReceipt,
  failedEventsTopic,
  type Identifier,
  type OffsetRange,
  personFieldsOf,
  revisedManifestPath,
} from '@millrace/contracts'
import {
  areRowsDeleted,
  countOffsets,
  eraseRows,
  identifierHash,
  noteRowsDeleted,
  offsetsWithin,
  type ReceiptContent,
  rangesOf,
  readManifests,
  readReceipts,
  removeErasureFiles,
  removeTemporaryFiles,
  writeReceipt,
} from '@millrace/lake'
import { drawLogCut, type LogCut } from '@millrace/reconciler'
import type { Clock } from '@millrace/runtime'
import type { Platform } from '../platform.ts'
import { deleteRows, writeTombstones } from './delete-rows.ts'
import { findPeople } from './find-person.ts'
import type { Findings } from './findings.ts'
import { Identity } from './identity.ts'

export interface EraseOptions {
  readonly catalog: Catalog
  readonly platform: Pick<Platform, 'log' | 'lake' | 'mart'>
  /** The identifier as it was given. */
  readonly account: string
  /** Its kind; where left out, the one under which something is found. */
  readonly kind?: string
  readonly dryRun: boolean
  /** Who runs it. */
  readonly by: string
  /** How long the services may take to come to where the log is now. */
  readonly deadlineMs: number
  /** Local folder for two data files at a time; it must exist. */
  readonly directory: string
  readonly clock: Clock
  readonly signal?: AbortSignal
  readonly onProgress?: (line: string) => void
  readonly onWait?: (reason: string) => void
}

export interface EraseResult {
  readonly receipt: ReceiptContent
  /** Path of the receipt in the lake; null after a dry run. */
  readonly path: string | null
  /** An erasure of the same person that had been broken off was completed. */
  readonly resumed: boolean
}

/** The identifier has more than one meaning, or none of a kind that was asked for. */
export class AmbiguousPerson extends Error {}

/** The kinds of identifiers of some domains. */
export const kindsOf = ({ topics, tables }: Catalog): string[] => [
  ...new Set([...topics, ...tables].flatMap(({ person }) => Object.keys(personFieldsOf(person ?? null)))),
]

/**
 * Erases one person from mart and lake, up to where the log is now: finds everything, stores a receipt that says so, deletes the rows of the
 * mart, removes keys from compacted topics, rewrites the data files of the lake, and completes the receipt. An erasure that was broken off
 * is completed by the next one of the same person; then what came since is erased by a further one.
 * @throws NotCaughtUp where a service is behind; AmbiguousPerson; what a store throws: the same call continues
 */
export async function erase(options: EraseOptions): Promise<EraseResult> {
  const { catalog, platform, account, dryRun } = options
  const begun = (await readReceipts(platform.lake)).filter(({ state }) => state === 'begun')
  const own = begun.find(receipt => isOf(receipt, account) && isWithin(receipt, catalog))
  if (own && !dryRun) {
    // It ends where it ended then, in the domains of then.
    const domains = catalog.domains.filter(({ name }) => own.domains.includes(name))
    return { ...(await complete(own, { ...options, catalog: createCatalog(domains) }, null)), resumed: true }
  }
  const ends = await drawEnds(options)
  const findings = await findOne(options, ends)
  const content = plan(findings, ends, options)
  if (dryRun) return { receipt: content, path: null, resumed: false }
  await writeReceipt(platform.lake, content)
  return { ...(await complete(content, options, findings)), resumed: false }
}

const isOf = ({ salt, person }: ErasureReceipt, value: string): boolean =>
  identifierHash(salt, { kind: person.kind, value }) === person.hash
const isWithin = ({ domains }: ErasureReceipt, catalog: Catalog): boolean =>
  domains.every(name => catalog.domains.some(domain => domain.name === name))

async function drawEnds({ catalog, platform, clock, deadlineMs, onWait, signal }: EraseOptions): Promise<LogCut> {
  return drawLogCut({
    ...{ log: platform.log, clock, deadlineMs },
    topics: catalog.topics.filter(topic => topic !== failedEventsTopic),
    groupsOf: ({ name }) => catalog.groupsOf(name),
    ...(onWait && { onWait }),
    ...(signal && { signal }),
  })
}

/** Everything of the person; the identifier may have one meaning only. */
async function findOne({ account, kind, ...options }: EraseOptions, ends: LogCut): Promise<Findings> {
  const { catalog, platform } = options
  const kinds = kind === undefined ? kindsOf(catalog) : [kind]
  const identities = kinds.map(kind => new Identity({ kind, value: account }))
  const all = await findPeople(identities, { ...options, ...platform, catalog, ends })
  const found = all.filter(findings => !findings.isEmpty)
  if (found.length > 1)
    throw new AmbiguousPerson(
      `"${account}" is ${found.map(({ identity }) => `the ${identity.given.kind} of records`).join(', and also ')}: say which with --as ${found.map(({ identity }) => identity.given.kind).join(' or --as ')}.`,
    )
  return found[0] ?? all[0]!
}

const iso = (ms: number): string => new Date(ms).toISOString()
const byPartition = <T>(map: ReadonlyMap<string, ReadonlyMap<number, T>>) =>
  [...map].map(([topic, partitions]) => [topic, [...partitions]] as const)

function plan(findings: Findings, ends: LogCut, { catalog, by, clock }: EraseOptions): ReceiptContent {
  const { identity } = findings
  const salt = randomBytes(16).toString('base64')
  const hashed = (identifier: Identifier) => ({ kind: identifier.kind, hash: identifierHash(salt, identifier) })
  const nowMs = clock.now()
  const topics = catalog.topics.filter(({ person }) => identity.canOwn(person))
  const mart: Record<string, { rows: number; kept: number }> = {}
  for (const [table, rows] of findings.rows) {
    const { kept } = findings.deletesOf(table, rows)
    mart[table.name] = { rows: rows.length - kept, kept }
  }
  const count = (map: ReadonlyMap<number, ReadonlySet<number>> | undefined): number =>
    [...(map?.values() ?? [])].reduce((sum, { size }) => sum + size, 0)
  const lake = topics
    .filter(topic => topic.lake)
    .map(({ name }) => [
      name,
      { records: count(findings.archived.get(name)), manifests: count(findings.ranges.get(name)) },
    ])
  const log = [...findings.topics].map(([topic, { records, later, lastMs }]) => [
    topic.name,
    {
      ...{ records, later, removed: findings.keys.get(topic)?.size ?? 0 },
      until: topic.cleanup === 'compact' || records === 0 ? null : iso(lastMs + topic.retentionMs),
    },
  ])
  const offsets = byPartition(findings.offsets).filter(([topic]) => topic !== failedEventsTopic.name)
  return {
    ...{ version: 1, state: 'begun', begunAt: iso(nowMs), completedAt: null, by, salt },
    id: `${iso(nowMs).replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`,
    domains: catalog.domains.map(({ name }) => name),
    person: hashed(identity.given),
    identifiers: identity.identifiers.map(hashed),
    ends: Object.fromEntries(
      byPartition(ends)
        .filter(([topic]) => topics.some(({ name }) => name === topic))
        .map(([topic, partitions]) => [topic, Object.fromEntries(partitions)]),
    ),
    erased: Object.fromEntries(
      offsets.map(([topic, partitions]) => [
        topic,
        Object.fromEntries(partitions.map(([partition, set]) => [partition, rangesOf(set)])),
      ]),
    ),
    ...{ lake: Object.fromEntries(lake), mart, log: Object.fromEntries(log), replaced: [] },
  }
}

/** Does what a receipt says, and completes it. @param findings null where another process found them */
async function complete(
  begun: ReceiptContent,
  options: EraseOptions,
  findings: Findings | null,
): Promise<Pick<EraseResult, 'receipt' | 'path'>> {
  const { platform, clock, catalog, account } = options
  const { lake } = platform
  if (!(await areRowsDeleted(lake, begun.id))) {
    // Nothing of the lake was removed yet, so that everything can be found once more.
    const ends = new Map(
      Object.entries(begun.ends).map(([topic, partitions]) => [
        topic,
        new Map(Object.entries(partitions).map(([partition, end]) => [Number(partition), end])),
      ]),
    )
    const identity = new Identity({ kind: begun.person.kind, value: account })
    const search = { ...options, ...platform, catalog, ends }
    const [found] = findings ? [findings] : await findPeople([identity], search)
    await deleteRows(found!, platform.mart)
    await writeTombstones(found!, platform.log, clock)
    await noteRowsDeleted(lake, begun.id)
  }
  const replaced = await eraseFromLake(begun, options)
  await removeErasureFiles(lake, begun.id)
  const receipt: ReceiptContent = { ...begun, state: 'complete', completedAt: iso(clock.now()), replaced }
  return { receipt, path: await writeReceipt(lake, receipt) }
}

/** Rewrites every range of the lake that has one of the offsets; the paths of the manifests that replace earlier ones. */
async function eraseFromLake(
  { id, erased }: Pick<ReceiptContent, 'id' | 'erased'>,
  { catalog, platform: { lake }, directory, signal, onProgress }: EraseOptions,
): Promise<string[]> {
  const replaced: string[] = []
  for (const [topic, partitions] of Object.entries(erased)) {
    if (!catalog.find(topic)?.lake) continue
    for (const [text, offsets] of Object.entries(partitions)) {
      const partition = Number(text)
      for await (const { firstOffset, lastOffset } of readManifests(lake, topic, partition)) {
        signal?.throwIfAborted()
        const own: readonly OffsetRange[] = offsetsWithin(offsets, firstOffset, lastOffset)
        if (countOffsets(own) === 0) continue
        const range = { topic, partition, firstOffset }
        const done = await eraseRows(lake, range, own, { erasure: id, directory })
        const { revision = 0, erasures = [] } = done?.manifest ?? {}
        if (erasures.includes(id)) replaced.push(revisedManifestPath(topic, partition, firstOffset, revision))
      }
      await removeTemporaryFiles(lake, topic, partition)
      onProgress?.(`${topic}: partition ${partition} rewritten`)
    }
  }
  return replaced
}
