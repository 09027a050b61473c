import type { LogRecord } from '@millrace/event-log'
import { array, assert, asyncProperty, integer } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LolRaw, lol } from './contract.ts'
import { playersAtWork } from './curate/players-at-work.ts'
import { moveAt } from './curate/raw-move.ts'
import { curation } from './curate.ts'

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
  const processor = curation.createTopology({}).createProcessor(lol.topics.raw, 0)
  const { readFrom, publishFrom } = await processor.open({
    topic: 'lol.raw',
    partition: 0,
    epoch: 1,
    committed: metadata === null ? null : { offset: from, metadata },
    earliest: 0,
    end: records.length,
  })
  expect(publishFrom).toBe(from)
  const result = await processor.process(records.slice(readFrom, to))
  return { readFrom, published: result.emits.map(({ value }) => value.toString()), metadata: result.metadata! }
}

describe('a curator that is killed', () => {
  it('publishes what it would have published, wherever it was', async () => {
    const records = recordsOf(playersAtWork({ seed: 11, players: 4, durationMs: 4 * 3_600_000 }))
    const whole = await run(records, 0, records.length, null)
    expect(whole.published.length).toBeGreaterThan(3000)
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
      { numRuns: 8 },
    )
    expect(rewinds).toBeGreaterThan(0)
  })

  it('still knows the move before a straggler of a player who has been silent for long', async () => {
    const account = 'silent'
    const crowd = Array.from({ length: 6750 }, (_, n) => moveAt(n, n / 5, { account: `player-${n % 10}` }))
    const events = [
      ...crowd.slice(0, 5),
      moveAt(10_001, 0, { account, x: 0, y: 0 }),
      ...crowd.slice(5, 2750),
      moveAt(10_002, 550, { account, x: 100, y: 0 }),
      ...crowd.slice(2750),
      moveAt(10_003, 260, { account, x: 40, y: 30 }),
    ]
    const records = recordsOf(events)
    const cut = records.length - 1
    const { metadata } = await run(records, 0, cut, null)
    const { readFrom, published } = await run(records, cut, records.length, metadata)
    expect(JSON.parse(published[0]!)).toMatchObject({ displacement: 50, elapsedMs: 260_000 })
    expect(readFrom).toBeLessThan(cut)
  })
})
