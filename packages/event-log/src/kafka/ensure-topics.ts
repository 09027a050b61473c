import { logError } from '../errors.ts'
import type { TopicReport, TopicSpec } from '../event-log.ts'
import type { ConnectedAdmin, FoundTopic, FoundTopics } from './client-library.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { isPassing } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'

const VISIBLE_TIMEOUT_MS = 15_000
const SECOND_LOOK_MS = 300

/**
 * An acknowledgement counts only where the record survives the loss of the broker that gave it: with three replicas
 * two must have it.
 */
const minInSyncReplicas = (replicas: number): number => Math.max(1, replicas - 1)

const configOf = (spec: TopicSpec, replicas: number): ReadonlyMap<string, string> =>
  new Map([
    ['retention.ms', String(spec.retentionMs)],
    ['cleanup.policy', spec.cleanup],
    ['max.message.bytes', String(spec.maxMessageBytes)],
    ['min.insync.replicas', String(minInSyncReplicas(replicas))],
  ])

/** As the port's reports name the settings. */
const REPORTED: Readonly<Record<string, string>> = {
  'retention.ms': 'retentionMs',
  'cleanup.policy': 'cleanup',
  'max.message.bytes': 'maxMessageBytes',
  'min.insync.replicas': 'min.insync.replicas',
}

/** Creates missing topics, adds missing partitions and sets what is set otherwise; see EventLog.ensureTopics. */
export async function ensureKafkaTopics(
  specs: readonly TopicSpec[],
  { admin, settings }: { readonly admin: KafkaAdmin; readonly settings: KafkaSettings },
): Promise<readonly TopicReport[]> {
  for (const { name, partitions } of specs) {
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || /^\.+$/.test(name))
      throw logError('invalid_topic', { topic: name, reason: 'expected 1–249 of a–z, A–Z, 0–9, ".", "_", "-"' })
    if (!Number.isInteger(partitions) || partitions < 1)
      throw logError('invalid_topic', { topic: name, reason: `${partitions} partitions, expected at least 1` })
  }
  return admin.use('the topics', async client => {
    const found = await describeSettled(client, specs, settings)
    const missing = specs.filter(spec => !found.has(spec.name))
    if (missing.length > 0) await create(client, missing, settings)
    const reports: TopicReport[] = []
    for (const spec of specs) {
      const current = found.get(spec.name)
      reports.push(
        current ? await alterTopic(client, spec, current) : { name: spec.name, outcome: 'created', differences: [] },
      )
    }
    if (reports.some(report => report.outcome !== 'unchanged')) await waitUntilVisible(client, specs, settings)
    return reports
  })
}

/** A broker may lag behind: only what still differs a moment later does differ. */
async function describeSettled(
  client: ConnectedAdmin,
  specs: readonly TopicSpec[],
  { clock }: KafkaSettings,
): Promise<FoundTopics> {
  const names = specs.map(spec => spec.name)
  const first = await client.describe(names)
  const isSettled = specs.every(spec => {
    const found = first.get(spec.name)
    return !found || differencesOf(spec, found).length === 0
  })
  if (isSettled) return first
  await clock.sleep(SECOND_LOOK_MS)
  return client.describe(names)
}

async function create(client: ConnectedAdmin, specs: readonly TopicSpec[], settings: KafkaSettings): Promise<void> {
  const brokers = await client.brokerCount()
  const replicas = settings.replicationFactor ?? Math.min(3, brokers)
  if (replicas > brokers)
    throw logError('log_unavailable', {
      where: settings.brokers.join(', '),
      reason: `${replicas} replicas are wanted and ${brokers} brokers are there`,
    })
  // One that is there already: somebody else was quicker, and made it from the same contracts.
  await client.createTopics(
    specs.map(spec => ({
      name: spec.name,
      partitions: spec.partitions,
      replicas,
      config: configOf(spec, replicas),
    })),
  )
}

function differencesOf(spec: TopicSpec, found: FoundTopic): string[] {
  const differences: string[] = []
  if (found.partitions !== spec.partitions)
    differences.push(`partitions: ${found.partitions}, wanted ${spec.partitions}`)
  for (const [key, value] of configOf(spec, found.replicas)) {
    const current = found.config.get(key)?.value
    if (current !== value) differences.push(`${REPORTED[key]}: ${current}, wanted ${value}`)
  }
  return differences
}

async function alterTopic(client: ConnectedAdmin, spec: TopicSpec, found: FoundTopic): Promise<TopicReport> {
  const { name } = spec
  const differences = differencesOf(spec, found)
  if (found.partitions < spec.partitions) await client.setPartitions(name, spec.partitions)
  const wanted = configOf(spec, found.replicas)
  if ([...wanted].some(([key, value]) => found.config.get(key)?.value !== value))
    await client.setConfig(name, wanted, found)
  const outcome = found.partitions > spec.partitions ? 'differs' : differences.length > 0 ? 'changed' : 'unchanged'
  return { name, outcome, differences }
}

/** A topic is of use when every broker knows it and every partition has a leader: who comes next may ask any of them. */
async function waitUntilVisible(
  client: ConnectedAdmin,
  specs: readonly TopicSpec[],
  { clock }: KafkaSettings,
): Promise<void> {
  const names = specs.map(spec => spec.name)
  const untilMs = clock.now() + VISIBLE_TIMEOUT_MS
  let cause: unknown
  for (;;) {
    const views = await client.describeEverywhere(names).catch(error => {
      if (!isPassing(error)) throw error
      cause = error
      return null
    })
    const waiting = specs.filter(spec => !views?.every(view => isInForce(spec, view.get(spec.name))))
    if (waiting.length === 0) return
    if (clock.now() > untilMs)
      throw logError(
        'log_unavailable',
        {
          where: waiting.map(spec => spec.name).join(', '),
          reason: `not known to every broker ${VISIBLE_TIMEOUT_MS} ms after it was changed`,
        },
        cause,
      )
    await clock.sleep(100)
  }
}

function isInForce(spec: TopicSpec, found: FoundTopic | undefined): boolean {
  if (!found || found.leaders < found.partitions || found.partitions < spec.partitions) return false
  return differencesOf({ ...spec, partitions: found.partitions }, found).length === 0
}
