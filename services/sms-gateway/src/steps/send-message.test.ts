import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import type { SmsAnswer, SmsMessage } from '../providers/provider.ts'
import { sendMessage } from './send-message.ts'

const message: SmsMessage = {
  ...{ requestId: '48@2024-03-24', customerId: 48, campaign: 'ad-target', campaignDay: '2024-03-24', text: 'Hello' },
}
const again = (retryAfterMs: number | null = null): SmsAnswer => ({ kind: 'again', reason: 'HTTP 503', retryAfterMs })

/** Sends the message to a provider that answers in this way, the last answer for ever; how it ended, and when each attempt was made. */
async function send(answers: readonly SmsAnswer[], attempts = 5) {
  const clock = new ManualClock(0)
  const attemptsMs: number[] = []
  const keys: string[] = []
  let outcome = 'under way'
  sendMessage(message, {
    provider: {
      name: 'test',
      async send({ requestId }) {
        keys.push(requestId)
        attemptsMs.push(clock.now())
        return answers[attemptsMs.length - 1] ?? answers.at(-1)!
      },
    },
    ...{ attempts, clock, random: () => 1 },
  }).then(
    () => {
      outcome = 'sent'
    },
    error => {
      outcome = `${error.code}: ${error.message}`
    },
  )
  await clock.advance(3_600_000)
  const waitsMs = attemptsMs.slice(1).map((ms, index) => ms - attemptsMs[index]!)
  return { outcome, attempts: attemptsMs.length, waitsMs, keys: new Set(keys) }
}

describe('a message', () => {
  it('is sent once where the provider takes it', async () => {
    expect(await send([{ kind: 'sent' }])).toMatchObject({ outcome: 'sent', attempts: 1 })
  })

  it('is tried again, with waits that grow, under the same idempotency key', async () => {
    const { outcome, waitsMs, keys } = await send([again(), again(), again(), { kind: 'sent' }])
    expect(outcome).toBe('sent')
    expect(waitsMs).toEqual([500, 1_000, 2_000])
    expect(keys).toEqual(new Set(['48@2024-03-24']))
  })

  it.each([1, 3, 20])('fails after %i attempts', async attempts => {
    const sent = await send([again()], attempts)
    expect(sent).toMatchObject({ attempts })
    expect(sent.outcome).toBe(`sms_not_sent: The provider test took no message in ${attempts} attempts: HTTP 503`)
    expect(Math.max(0, ...sent.waitsMs)).toBeLessThanOrEqual(30_000)
  })

  it('waits as long as the provider asks for, at most a minute, and never less than it would by itself', async () => {
    expect((await send([again(7_000), again(86_400_000), again(0), { kind: 'sent' }])).waitsMs).toEqual([
      7_000, 60_000, 2_000,
    ])
  })

  it('is not tried again where the provider refuses it', async () => {
    const sent = await send([again(), { kind: 'refused', reason: 'HTTP 400 no such number' }])
    expect(sent).toMatchObject({ attempts: 2 })
    expect(sent.outcome).toBe('sms_refused: The provider test refuses the message: HTTP 400 no such number')
  })
})
