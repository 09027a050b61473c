import { failedEventsTopic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createKafkaEventLog, type EventLog } from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import { createTcpProxy, openStack, type ServiceProcess, type TcpProxy } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import kafkajs from 'kafkajs'
import { expect, it, onTestFinished } from 'vitest'
import { Flood, floodBodies } from './flood.ts'
import { anEvent, keyText, until } from './gateway-kit.ts'
import { startGatewayProcess } from './gateway-process.ts'

/** Of each of three brokers; what the clients offer is far more than ten times as much. */
const LINE_BYTES_PER_SECOND = 2_000_000
const CLIENTS = 60
/** Until its memory has settled, and until the log does not answer at all; then so much more. */
const [NARROW_REQUESTS, STUCK_REQUESTS, MORE_REQUESTS] = [400, 300, 1_600]
/** Requests that must be answered 200 or 207 while the rest is refused. */
const STILL_TAKEN = 10
const RSS_MARGIN = 1.25
const BUDGET_MIB = 64
/** Resident bytes for each byte of the budget: what is made of bodies, what the producer holds, what is not collected yet. */
const BYTES_PER_BUDGET_BYTE = 9

describeOnStack('the gateway under ten times its load', ['kafka'], ({ kafka, directory }) => {
  it('answers everything in order, loses nothing that it acknowledged, and grows no further', {
    timeout: 300_000,
  }, async () => {
    const log = openLog(kafka.brokers)
    await log.ensureTopics([lol.topics.raw, lol.topics.truth, failedEventsTopic])
    const ranges = await log.range('lol.raw')
    onTestFinished(async () => {
      await forget(kafka.brokers)
      await log.close()
    })
    const { brokers, lines } = await narrowLines(directory)
    const { service, url } = await startGatewayProcess({
      MILLRACE_DOMAINS: lol.name,
      MILLRACE_KAFKA_BROKERS: brokers.join(','),
      MILLRACE_KAFKA_MAX_IN_FLIGHT_BYTES: '32MiB',
      MILLRACE_IN_FLIGHT_BUDGET: `${BUDGET_MIB}MiB`,
      MILLRACE_MAX_DECODED_BODY: '16MiB',
      MILLRACE_ACK_DEADLINE: '4s',
    })
    await until('the gateway is ready', async () => (await service.notReady()) === null)
    const idleBytes = await service.metric('process_resident_memory_bytes')
    const flood = new Flood(url)
    const narrow = () => lines.forEach(line => void line.throttle(LINE_BYTES_PER_SECOND))

    narrow()
    flood.start(CLIENTS, floodBodies())
    const answered = () => (flood.statuses.get(200) ?? 0) + (flood.statuses.get(207) ?? 0)
    const first = await watch(service, () => flood.requests >= NARROW_REQUESTS && answered() > 0)
    expect(first.missing).toContain('ingest-gateway capacity')

    // A log that does not answer at all, in the middle of it.
    for (const line of lines) line.hold()
    const stuck = await watch(service, () => flood.requests >= NARROW_REQUESTS + STUCK_REQUESTS)
    for (const line of lines) await line.restore()
    narrow()
    const before = { answered: answered(), requests: flood.requests }
    const rest = await watch(
      service,
      () => flood.requests >= before.requests + MORE_REQUESTS && answered() > before.answered + STILL_TAKEN,
    )
    await flood.stop()
    for (const line of lines) await line.restore()

    expect([...flood.violations]).toEqual([])
    expect([...flood.statuses.keys()]).toEqual(expect.arrayContaining([200, 207, 503]))
    expect(flood.offeredBytes).toBeGreaterThan(10 * flood.acceptedBytes)
    const settledBytes = Math.max(first.rssBytes, stuck.rssBytes)
    expect(settledBytes - idleBytes).toBeLessThan(BYTES_PER_BUDGET_BYTE * BUDGET_MIB * 2 ** 20)
    expect(rest.rssBytes / settledBytes).toBeLessThan(RSS_MARGIN)

    await until('the gateway is ready again', async () => (await service.notReady()) === null)
    expect((await post(url)).status).toBe(200)
    expect(service.ended).toBeUndefined()
    const found = await storedIds(log, ranges)
    const lost = [...flood.acknowledged].filter(([place, id]) => found.get(place) !== id)
    expect(lost).toEqual([])
  })
})

const openLog = (brokers: readonly string[]): EventLog => {
  const logger = createLogger('overload-test', { level: 'silent' })
  return createKafkaEventLog({ brokers, clientId: 'overload-test', clock: systemClock, logger })
}

/** A proxy before every broker, and the addresses by which clients stay behind them. */
async function narrowLines(directory: string): Promise<{ brokers: readonly string[]; lines: readonly TcpProxy[] }> {
  const { kafkaDetours } = (await openStack(directory))!
  const lines: TcpProxy[] = []
  for (const detour of kafkaDetours) {
    const line = await createTcpProxy(detour)
    onTestFinished(() => line.close())
    lines.push(line)
  }
  return { brokers: kafkaDetours.map(({ listen }) => listen), lines }
}

/** Looks at the gateway until `isEnough`: the most memory it had, and what it missed to be ready. */
async function watch(service: ServiceProcess, isEnough: () => boolean) {
  let rssBytes = 0
  const missing = new Set<string>()
  await until(
    'enough was offered',
    async () => {
      rssBytes = Math.max(rssBytes, await service.metric('process_resident_memory_bytes'))
      for (const name of Object.keys((await service.notReady()) ?? {})) missing.add(name)
      await systemClock.sleep(250)
      return isEnough()
    },
    120_000,
  )
  return { rssBytes, missing: [...missing] }
}

const post = (url: string): Promise<Response> =>
  fetch(`${url}/v1/events/lol`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyText('test')}`, 'content-type': 'application/json' },
    body: JSON.stringify(anEvent()),
  })

/** Event ids by `partition/offset` of what came after `before`. */
async function storedIds(
  log: EventLog,
  before: readonly { readonly partition: number; readonly end: number }[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { partition, end } of await log.range('lol.raw')) {
    const from = before.find(range => range.partition === partition)!.end
    for await (const records of log.read('lol.raw', partition, from, end))
      for (const { offset, value } of records) found.set(`${partition}/${offset}`, JSON.parse(value.toString()).eventId)
  }
  return found
}

/** Other tests read the whole topic. */
async function forget(brokers: readonly string[]): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  for (const topic of ['lol.raw', 'failed-events']) {
    const ends = await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({
      topic,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    })
  }
  await admin.disconnect()
}
