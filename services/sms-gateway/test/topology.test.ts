import { type EventOf, failedEventsTopic } from '@millrace/contracts'
import { music } from '@millrace/domains/music/contract'
import { createLogger, ManualClock } from '@millrace/runtime'
import { createTopologyDriver, type TopologyDriver, type TopologyDriverOptions } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createLogProvider, createSmsGatewayTopology, type SmsMessage, type SmsProvider } from '../src/index.ts'

const { smsRequests, smsReceipts } = music.topics
type Request = EventOf<typeof smsRequests>
const START_MS = Date.UTC(2024, 2, 24, 12)

const requestOf = (customer: number, more: Partial<Request> = {}): Request => ({
  ...{ eventId: `${customer}@2024-03-24`, sourceEventId: '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11' },
  ...{ datetime: '2024-03-24T11:00:00.000Z', campaign: 'ad-target', campaignDay: '2024-03-24', customer_id: customer },
  ...{ text: 'Three months of Gold', modelVersion: 1 },
  ...more,
})

type Answer = Awaited<ReturnType<SmsProvider['send']>>
const SENT: Answer = { kind: 'sent' }

/** A gateway whose provider notes what it is sent and answers by the message. */
async function gateway(
  answer: (message: SmsMessage) => Answer | Promise<Answer> = () => SENT,
  options: TopologyDriverOptions = {},
) {
  const clock = new ManualClock(START_MS)
  const sent: SmsMessage[] = []
  const provider: SmsProvider = {
    name: 'test',
    send: async message => {
      sent.push(message)
      return answer(message)
    },
  }
  const driver = await createTopologyDriver(
    log => createSmsGatewayTopology({ provider, attempts: 3, clock, log, random: () => 1 }),
    { clock, ...options },
  )
  return { driver, sent, idsSent: () => sent.map(({ requestId }) => requestId) }
}
const receipts = async (driver: TopologyDriver): Promise<string[]> =>
  (await driver.read(smsReceipts)).map(({ eventId }) => eventId).sort()

describe('the SMS gateway', () => {
  it('sends each request and keeps a receipt of it', async () => {
    const { driver, sent } = await gateway()
    await using _ = driver
    await driver.pipe(smsRequests, requestOf(1), requestOf(2))
    expect(sent).toContainEqual({
      ...{ requestId: '1@2024-03-24', customerId: 1, campaign: 'ad-target', campaignDay: '2024-03-24' },
      text: 'Three months of Gold',
    })
    expect((await driver.read(smsReceipts)).find(({ customer_id }) => customer_id === 1)).toEqual({
      ...{ eventId: '1@2024-03-24', datetime: '2024-03-24T11:00:00.000Z', campaignDay: '2024-03-24', customer_id: 1 },
      ...{ provider: 'test', sentAt: new Date(START_MS).toISOString() },
    })
    expect(await receipts(driver)).toEqual(['1@2024-03-24', '2@2024-03-24'])
  })

  it('sends one message for a request that is in the topic twice, also after a restart', async () => {
    const { driver, idsSent } = await gateway()
    await using _ = driver
    await driver.pipe(smsRequests, requestOf(1), requestOf(1))
    await driver.pipe(smsRequests, requestOf(1))
    await driver.advance(1_500)
    expect(idsSent()).toEqual(['1@2024-03-24'])
    await driver.crash()
    await driver.restart()
    await driver.advance(1_500)
    expect(idsSent()).toEqual(['1@2024-03-24'])
    expect(await receipts(driver)).toEqual(['1@2024-03-24'])
  })

  it('sends again under the same key where it ended between the answer and the receipt', async () => {
    const box: { driver?: TopologyDriver } = {}
    let isEnding = true
    const { driver, idsSent } = await gateway(undefined, {
      onLogCall: ({ operation, phase, topics }) => {
        if (!isEnding || operation !== 'append' || phase !== 'before' || !topics.includes(smsReceipts.name)) return
        isEnding = false
        box.driver?.crashNow()
      },
    })
    await using _ = driver
    box.driver = driver
    await driver.pipe(smsRequests, requestOf(1))
    expect(driver.isRunning).toBe(false)
    expect(await receipts(driver)).toEqual([])
    await driver.restart()
    expect(idsSent()).toEqual(['1@2024-03-24', '1@2024-03-24'])
    expect(await receipts(driver)).toEqual(['1@2024-03-24'])
  })

  it('sends nothing again where it ended between the receipt and the commit', async () => {
    const box: { driver?: TopologyDriver } = {}
    let isEnding = true
    const { driver, idsSent } = await gateway(undefined, {
      onLogCall: ({ operation, phase, topics }) => {
        if (!isEnding || operation !== 'append' || phase !== 'after' || !topics.includes(smsReceipts.name)) return
        isEnding = false
        box.driver?.crashNow()
      },
    })
    await using _ = driver
    box.driver = driver
    await driver.pipe(smsRequests, requestOf(1))
    expect(driver.isRunning).toBe(false)
    await driver.restart()
    await driver.pipe(smsRequests, requestOf(2))
    await driver.advance(1_500)
    expect(idsSent()).toEqual(['1@2024-03-24', '2@2024-03-24'])
    expect(await receipts(driver)).toEqual(['1@2024-03-24', '2@2024-03-24'])
  })

  it.each([
    ['sms_refused', { kind: 'refused', reason: 'HTTP 400 no' }, 'The provider test refuses the message: HTTP 400 no'],
    [
      'sms_not_sent',
      { kind: 'again', reason: 'HTTP 503', retryAfterMs: null },
      'The provider test took no message in 3 attempts: HTTP 503',
    ],
  ] as const)('makes a failed event of what fails (%s), and sends the others', async (code, answer, reason) => {
    const { driver, idsSent } = await gateway(({ customerId }) => (customerId === 1 ? answer : SENT))
    await using _ = driver
    const producer = await driver.log.producer({ clientId: 'sender' })
    for (const request of [requestOf(1), requestOf(2)]) {
      const [key, value] = [Buffer.from(request.eventId), Buffer.from(JSON.stringify(request))]
      await producer.append(smsRequests.name, [{ key, value, timestampMs: START_MS }], { deadlineMs: 60_000 })
    }
    // The driver waits for a process to be quiet, and this one waits for its next attempt.
    while ((await driver.failed()).length === 0 || (await receipts(driver)).length === 0)
      await driver.clock.advance(100)
    expect(await driver.failed()).toMatchObject([
      { code, message: reason, topic: smsRequests.name, sourceEventId: '1@2024-03-24' },
    ])
    expect(await receipts(driver)).toEqual(['2@2024-03-24'])
    expect(new Set(idsSent())).toEqual(new Set(['1@2024-03-24', '2@2024-03-24']))
  })

  it('makes a failed event of what is no request', async () => {
    const { driver, sent } = await gateway()
    await using _ = driver
    await driver.pipeBytes(smsRequests.name, 'x', '{', JSON.stringify({ ...requestOf(1), text: 5 }))
    expect((await driver.failed()).map(({ code }) => code)).toEqual(['not_json', 'wrong_field'])
    expect(sent).toEqual([])
  })

  it('sends at most eight messages of a partition at the same time', async () => {
    let [open, most] = [0, 0]
    const { driver } = await gateway(async () => {
      most = Math.max(most, ++open)
      await new Promise(resolve => setImmediate(resolve))
      open--
      return SENT
    })
    await using _ = driver
    const producer = await driver.log.producer({ clientId: 'sender' })
    const ofOne = Array.from({ length: 120 }, (_, n) => requestOf(n)).filter(
      ({ eventId }) => producer.partitionFor(smsRequests.name, Buffer.from(eventId)) === 0,
    )
    await driver.pipe(smsRequests, ...ofOne)
    expect(await receipts(driver)).toHaveLength(ofOne.length)
    expect(ofOne.length).toBeGreaterThan(16)
    expect(most).toBe(8)
    expect(await driver.records(failedEventsTopic.name)).toEqual([])
  })
})

it('the log provider has a line for each message, without its text', async () => {
  const lines: unknown[] = []
  const logger = { ...createLogger('test', { level: 'silent' }), info: (...line: unknown[]) => lines.push(line) }
  const provider = createLogProvider(logger as never)
  const text = 'Three months of Gold'
  const message = { requestId: '1@2024-03-24', customerId: 1, campaign: 'ad-target', campaignDay: '2024-03-24', text }
  expect(await provider.send(message)).toEqual({ kind: 'sent' })
  expect(lines).toHaveLength(1)
  expect(JSON.stringify(lines)).not.toContain(text)
})
