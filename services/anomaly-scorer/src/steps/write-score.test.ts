import { lolScore } from '@millrace/domains/lol/contract'
import { assert, double, integer, oneof, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeScore } from './write-score.ts'

const eventId = 'b405fd3c-785b-4e42-a825-52a75f3d82a4'
const move = {
  eventId,
  account: 'a',
  roomID: 'r' as string | undefined,
  timeMs: Date.parse('2024-03-24T11:25:29.845Z'),
  gameMs: 0,
  x: 0,
  y: 0,
  inputkey: 'q',
}
const contributions = [{ feature: 'speed', value: 1e21, contribution: 0.25 }]
const judgement = { verdict: 'suspicious', warmUp: false, late: true, modelId: 'm-1' } as const

describe('writeScore', () => {
  it('writes the score by its contract, whatever the texts from outside hold', () => {
    assert(
      property(
        string({ minLength: 1, unit: 'binary' }),
        string({ minLength: 1, unit: 'binary' }),
        (account, roomID) => {
          const bytes = writeScore({ ...move, account, roomID }, { ...judgement, score: 0.25, contributions })
          const datetime = '2024-03-24T11:25:29.845Z'
          const [id, sourceEventId] = [`${eventId}:score`, eventId]
          const { verdict, warmUp, late, modelId } = judgement
          const wanted = { eventId: id, sourceEventId, datetime, account, roomID, score: 0.25, verdict, contributions }
          expect(bytes.every(byte => byte < 0x80)).toBe(true)
          expect(JSON.parse(bytes.toString())).toEqual({ ...wanted, modelId, warmUp, late })
        },
      ),
    )
  })

  it('writes numbers as JSON.stringify does', () => {
    const millionths = integer({ min: 0, max: 1_100_000 }).map(number => number / 1_000_000)
    const thousandths = integer({ min: 0, max: 1_100 }).map(number => number / 1_000)
    const any = oneof(millionths, thousandths, double({ noNaN: true, noDefaultInfinity: true }))
    assert(
      property(any, any, any, (score, value, contribution) => {
        const contributions = [{ feature: 'speed', value, contribution }]
        const text = writeScore(move, { ...judgement, score, contributions }).toString()
        expect(text).toContain(`"score":${JSON.stringify(score)},`)
        expect(text).toContain(`"contributions":${JSON.stringify(contributions)},`)
      }),
      { numRuns: 5_000 },
    )
  })

  it('leaves out a room that is not known, and needs no contributions', () => {
    const bytes = writeScore({ ...move, roomID: undefined }, { ...judgement, score: 0, contributions: [] })
    const score = lolScore.parse(JSON.parse(bytes.toString()))
    expect(score).not.toHaveProperty('roomID')
    expect(score.contributions).toEqual([])
  })
})
