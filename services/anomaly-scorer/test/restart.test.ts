import { type LolRaw, lol } from '@millrace/domains/lol/contract'
import type { LogRecord } from '@millrace/event-log'
import { array, assert, asyncProperty, integer } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAnomalyScorerTopology } from '../src/index.ts'
import { crowd, moveAt, moves } from './moves.ts'

/** Records of one partition; each is sent when the newest event so far happened. */
function recordsOf(events: readonly LolRaw[]): LogRecord[] {
  let timestampMs = 0
  return events.map((event, offset) => {
    timestampMs = Math.max(timestampMs, Date.parse(event.datetime))
    const [key, value] = [Buffer.from(event.account), Buffer.from(JSON.stringify(event))]
    return { topic: 'lol.raw', partition: 0, offset, key, value, timestampMs }
  })
}

/** What a process publishes from offset `from` on that begins with what the one before it committed. */
async function run(records: readonly LogRecord[], from: number, to: number, metadata: string | null) {
  const processor = createAnomalyScorerTopology().createProcessor(lol.topics.raw, 0)
  const committed = metadata === null ? null : { offset: from, metadata }
  const assignment = { topic: 'lol.raw', partition: 0, epoch: 1, committed, earliest: 0, end: records.length }
  const { readFrom } = await processor.open(assignment)
  const result = await processor.process(records.slice(readFrom, to))
  const published = result.emits.map(({ topic, value }) => `${topic} ${value}`)
  return { readFrom, published, metadata: result.metadata! }
}

describe('a scorer that is killed', () => {
  it('publishes what it would have published, wherever it was', async () => {
    const records = recordsOf(crowd({ seed: 11, players: 6, durationMs: 7_200_000, isBadLine: true }))
    const whole = await run(records, 0, records.length, null)
    expect(whole.published.some(line => line.startsWith('lol.alerts'))).toBe(true)
    const cuts = array(integer({ min: 1, max: records.length - 1 }), { minLength: 1, maxLength: 4 })
    let rewinds = 0
    await assert(
      asyncProperty(cuts, async unsorted => {
        const ends = [...new Set(unsorted)].sort((a, b) => a - b)
        const published: string[] = []
        let metadata: string | null = null
        let from = 0
        for (const to of [...ends, records.length]) {
          const part: Awaited<ReturnType<typeof run>> = await run(records, from, to, metadata)
          if (part.readFrom > 0) rewinds++
          published.push(...part.published)
          metadata = part.metadata
          from = to
        }
        expect(published).toEqual(whole.published)
      }),
      { numRuns: 6 },
    )
    expect(rewinds).toBeGreaterThan(0)
  })

  it('still knows the incident of a player who has been silent for long', async () => {
    const account = 'silent'
    const incident = moves({ first: 10_000, count: 12, fromSeconds: 0, isFar: () => true }, { account })
    const goesOn = Array.from({ length: 12 }, (_, n) => moveAt(20_000 + n, 352 + 3 * n, { account, x: (n % 2) * 6000 }))
    // The others are far ahead when the player comes back, so that little is remembered of the time of the incident.
    const others = Array.from({ length: 8800 }, (_, n) => moveAt(n, n / 10, { account: `player-${n % 20}` }))
    const events = [...others, ...incident, moveAt(20_100, 350, { account })]
      .sort((a, b) => a.datetime.localeCompare(b.datetime))
      .concat(goesOn)
    const records = recordsOf(events)
    const whole = await run(records, 0, records.length, null)
    const cut = records.length - goesOn.length
    const before = await run(records, 0, cut, null)
    const after = await run(records, cut, records.length, before.metadata)
    expect([...before.published, ...after.published]).toEqual(whole.published)
    expect(whole.published.filter(line => line.startsWith('lol.alerts'))).toHaveLength(1)
  })
})
