import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { type Catalog, failedEvent, failedEventsTopic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Lake } from '@millrace/lake'
import type { Mart } from '@millrace/mart'
import { type Clock, systemClock } from '@millrace/runtime'
import { type ConservationReport, checkConservation, isFailedAggregate } from './conservation.ts'
import { FailedIndex } from './hops/failed-index.ts'
import { hopsOf } from './hops/hops-of.ts'
import type { LedgerSizes } from './ledger.ts'
import { createPayloadDigest, type PayloadDigest } from './payload-digest.ts'
import type { ReconcileReport, TopicReport } from './report.ts'
import { TopicCheck } from './topic-check.ts'

const MAX_EXAMPLES = 20

/** Per topic and partition the offset at which a comparison ends. */
export type LogCut = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface ReconcileOptions {
  readonly catalog: Catalog
  readonly log: EventLog
  readonly lake: Lake
  readonly mart: Mart
  readonly clock?: Clock
  /** Folder of ids that senders know to be acknowledged: `<ledger>/<topic>/*.ids`, one id per line. */
  readonly ledger?: string
  /** How much of the ledger's files counts; all of it where left out. */
  readonly ledgerSizes?: LedgerSizes
  /** Where the comparison ends, for a log that moves on; where left out, at the end of the log. */
  readonly cut?: LogCut
  /** Folder for intermediate files. */
  readonly workDirectory: string
  readonly onProgress?: (line: string) => void
}

/**
 * Proves that nothing disappeared: acknowledged ids are in the log, the lake equals the log record for record, every event has its
 * derived record where the contract promises one, every row is in the mart or its event among the failed ones, and aggregates hold
 * the events of their source. Memory is bounded by the largest archived range and 1/256 of a topic's ids.
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const { catalog, log, mart, workDirectory, clock = systemClock } = options
  await mkdir(workDirectory, { recursive: true })
  const examples: string[] = []
  const complain = (sentence: string): void => {
    if (examples.length < MAX_EXAMPLES) examples.push(sentence)
  }
  const all = createPayloadDigest(path.join(workDirectory, 'digest'))
  const digests = new Map(
    catalog.domains.map(({ name }) => [name, createPayloadDigest(path.join(workDirectory, `digest.${name}`))]),
  )
  const topics = catalog.topics.filter(topic => topic !== failedEventsTopic)
  const checks = new Map(topics.map(topic => [topic.name, new TopicCheck(topic, options, complain)]))
  const failed = new FailedIndex(log)
  await failed.update()
  const { refused, aggregates } = await readFailures(options, checks)
  for (const topic of topics) {
    const check = checks.get(topic.name)!
    const source = topic.derivedFrom?.relation === 'each' ? checks.get(topic.derivedFrom.topic.name) : undefined
    const digest = digests.get(topic.domain)
    await check.run(
      hopsOf(topic, {
        ...options,
        clock,
        failed,
        directory: workDirectory,
        async onRow({ id, hash }) {
          await check.addInLake(id)
          await addTo([all, digest], hash)
        },
        async onFound(id) {
          await check.addInMart(id)
          // The record that is made of each event brings it into the mart, under the same id.
          await source?.addInMart(id)
        },
      }),
    )
  }
  const reports: Record<string, TopicReport> = {}
  for (const [name, check] of checks) reports[name] = await check.finish()
  const conservation: Record<string, ConservationReport> = {}
  for (const rule of catalog.conservation) {
    const { name } = rule.source
    const found = await checkConservation(rule, {
      log,
      mart,
      source: reports[name]!.log,
      failed: aggregates.get(name)?.size ?? 0,
    })
    conservation[name] = found
    if (found.difference !== 0)
      complain(
        `${name}: ${found.source} events, but ${rule.table.name} holds ${found.counted}, ${found.late} came too late and ${found.failed} failed`,
      )
  }
  const byDomain: Record<string, string> = {}
  for (const [domain, digest] of digests) byDomain[domain] = await digest.finish()
  const isRight = ({ missing, duplicate, unexpected }: TopicReport): boolean => missing + duplicate + unexpected === 0
  return {
    topics: reports,
    conservation,
    refused,
    digest: await all.finish(),
    digests: byDomain,
    examples,
    ok:
      Object.values(reports).every(isRight) && Object.values(conservation).every(({ difference }) => difference === 0),
  }
}

async function addTo(digests: readonly (PayloadDigest | undefined)[], hash: Buffer): Promise<void> {
  for (const digest of digests) await digest?.add(hash)
}

/** Gives every failed event to the check of its topic. */
async function readFailures({ catalog, log }: ReconcileOptions, checks: ReadonlyMap<string, TopicCheck>) {
  let refused = 0
  /** Ids of the events that could not be aggregated, by their topic. */
  const aggregates = new Map<string, Set<string>>()
  for (const { partition, earliest, end } of await log.range(failedEventsTopic.name))
    for await (const records of log.read(failedEventsTopic.name, partition, earliest, end))
      for (const record of records) {
        const failed = failedEvent.parse(JSON.parse(record.value.toString('utf8')))
        if (failed.stage === 'ingest') refused++
        else if (failed.topic !== null) {
          const check = checks.get(failed.topic)
          await check?.addFailed(failed)
          const source = check?.topic.derivedFrom
          if (source?.relation === 'each' && failed.sink === 'mart' && failed.sourceEventId !== null)
            await checks.get(source.topic.name)?.addFailedId(failed.sourceEventId)
          if (catalog.conservation.some(rule => isFailedAggregate(failed, rule))) {
            const ids = aggregates.get(failed.topic) ?? new Set()
            aggregates.set(failed.topic, ids.add(failed.sourceEventId ?? failed.eventId))
          }
        }
      }
  return { refused, aggregates }
}
