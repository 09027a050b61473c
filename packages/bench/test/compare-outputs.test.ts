import { describe, expect, it } from 'vitest'
import { expectSameOutputs } from '../src/inputs/compare-outputs.ts'

const event = { eventId: 'a', speed: 1234.5678, room: 'r', elapsedMs: null }
const compare =
  (theirs: readonly Record<string, unknown>[], without: readonly string[] = []) =>
  () =>
    expectSameOutputs([event, { ...event, eventId: 'b' }], theirs, without)
const other = { ...event, eventId: 'b' }

describe('outputs', () => {
  it('are the same in any order, with rounding, and with null left out', () => {
    const { elapsedMs: _, ...short } = event
    expect(compare([other, short])).not.toThrow()
    expect(compare([other, { ...event, speed: 1234.5678 * (1 + 1e-12) }])).not.toThrow()
  })

  it.each([
    ['a number', { speed: 1234.5679 }, 'Event a differs in speed: ours 1234.5678, the peer 1234.5679.'],
    ['a text', { room: 's' }, 'Event a differs in room: ours "r", the peer "s".'],
    ['a field of the peer only', { more: 1 }, 'Event a differs in more: ours undefined, the peer 1.'],
    ['a value where there is none', { elapsedMs: 0 }, 'Event a differs in elapsedMs: ours null, the peer 0.'],
    ['a number as a text', { speed: '1234.5678' }, 'the peer "1234.5678"'],
  ])('differ by %s', (_what, change, message) => {
    expect(compare([other, { ...event, ...change }])).toThrow(message)
  })

  it('are the same with the same lists', () => {
    const listed = (missing: readonly string[]) => [{ ...event, missing }]
    expect(() => expectSameOutputs(listed(['a']), listed(['a']))).not.toThrow()
    for (const theirs of [[], ['b'], ['a', 'a']])
      expect(() => expectSameOutputs(listed(['a']), listed(theirs))).toThrow('Event a differs in missing')
  })

  it('differ by an event that is missing, unknown or there twice', () => {
    expect(compare([event])).toThrow('The peer did not write event b.')
    expect(compare([event, other, { ...event, eventId: 'c' }])).toThrow('Only the peer wrote event c.')
    expect(compare([event, other, other])).toThrow('The peer wrote event b twice.')
  })

  it('may lack fields that only ours has', () => {
    expect(compare([other, { ...event, speed: undefined }], ['speed'])).not.toThrow()
  })
})
