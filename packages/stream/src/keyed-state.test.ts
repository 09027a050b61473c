import { array, assert, constant, constantFrom, nat, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventTimeWindow } from './event-time-window.ts'
import { GRACE_MS, KeyedState, type KeyedStateOptions, MAX_IDLE_MS } from './keyed-state.ts'
import { decodeRestartPoint, encodeRestartPoint } from './progress.ts'

const START_MS = Date.UTC(2025, 0, 1)
const DAY_MS = 86_400_000
const HORIZON_MS = 600_000
const LATENESS_MS = 60_000
/** Far more often than in earnest, so that few records see many passes. */
const times = { horizonMs: HORIZON_MS, allowedLatenessMs: LATENESS_MS, sweepEvery: 3 }

interface Arrival {
  readonly key: string
  readonly id: string
  readonly eventTimeMs: number
  readonly sentMs: number
}

type Answer<State> = (state: KeyedState<State>, arrival: Arrival, offset: number) => string

/** A state that remembers everything, so that any difference shows. */
const everything: KeyedStateOptions<string[]> = { ...times, newState: () => [] }

const tellEverything: Answer<string[]> = (state, arrival, offset) => {
  const visit = state.visit({ ...arrival, offset })
  if (visit.disposition !== 'duplicate') visit.state.push(`${arrival.id}@${offset}`)
  return `${visit.disposition} ${visit.state.join(' ')}`
}

/** A state that forgets, and says from where on it depends on the log. */
const windowed: KeyedStateOptions<EventTimeWindow<{ timeMs: number }>> = {
  ...times,
  newState: () => new EventTimeWindow({ keepMs: HORIZON_MS }),
  dependsFrom: state => state.dependsFrom,
}

const tellWindow: Answer<EventTimeWindow<{ timeMs: number }>> = (state, arrival, offset) => {
  const visit = state.visit({ ...arrival, id: null, offset })
  // Not every event is remembered.
  if (visit.disposition === 'on-time' && arrival.sentMs % 3 > 0)
    visit.state.insert({ timeMs: arrival.eventTimeMs }, offset)
  return [
    visit.disposition,
    ...Array.from({ length: visit.state.length }, (_, index) => visit.state.at(index)?.timeMs),
  ].join(' ')
}

const seldom = <T>(usual: T, ...others: T[]) =>
  oneof({ weight: 3 * others.length, arbitrary: constant(usual) }, { weight: 2, arbitrary: constantFrom(...others) })

/** What a generated record does: who sends it, how long after the one before, and what its clock says. */
const step = record({
  key: constantFrom('ann', 'bob', 'cem'),
  silenceMs: oneof(
    { weight: 6, arbitrary: nat(20_000) },
    {
      weight: 3,
      arbitrary: constantFrom(
        GRACE_MS + 1,
        HORIZON_MS / 2,
        HORIZON_MS + LATENESS_MS + 1,
        MAX_IDLE_MS / 2,
        MAX_IDLE_MS + 1,
      ),
    },
  ),
  clock: seldom('as before', 'live', 'a month ago', 'in three hours', 'in 2190'),
  jitterMs: seldom(0, 1_000, LATENESS_MS + 1, HORIZON_MS - 1, HORIZON_MS + LATENESS_MS + 1),
  againOf: seldom(-1, 0, 1, 2, 5, 9),
})

const CLOCKS: Record<string, number> = {
  live: 0,
  'a month ago': -30 * DAY_MS,
  'in three hours': DAY_MS / 8,
  'in 2190': 165 * 365 * DAY_MS,
}

const arrivals = array(step, { minLength: 10, maxLength: 70 }).map(steps => {
  const made: Arrival[] = []
  let sentMs = START_MS
  let aheadMs = 0
  for (const { key, silenceMs, clock, jitterMs, againOf } of steps) {
    sentMs += silenceMs
    aheadMs = CLOCKS[clock] ?? aheadMs
    const again = againOf < 0 ? undefined : made.at(-1 - againOf)
    const eventTimeMs = sentMs + aheadMs - jitterMs
    made.push(again ? { ...again, sentMs } : { key, id: `e${made.length}`, eventTimeMs, sentMs })
  }
  return made
})

/** Restarts at every offset, and compares what is answered from there on with what is answered without a restart. */
function checkEveryRestart<State>(records: readonly Arrival[], options: KeyedStateOptions<State>, tell: Answer<State>) {
  const state = new KeyedState(options)
  const metadata: string[] = []
  const answers = records.map((arrival, offset) => {
    metadata.push(encodeRestartPoint(state.restartPoint))
    return tell(state, arrival, offset)
  })
  for (const [crashAt, text] of metadata.entries()) {
    const start = decodeRestartPoint(text)!
    const again = new KeyedState(options, start)
    for (let offset = start.stateFrom; offset < records.length; offset++) {
      const answer = tell(again, records[offset]!, offset)
      if (offset >= crashAt) expect(answer, `offset ${offset} after a restart at ${crashAt}`).toBe(answers[offset])
    }
  }
  return metadata.map(text => decodeRestartPoint(text)!.stateFrom)
}

describe('KeyedState', () => {
  it('knows an id again for as long as the horizon, wherever its event time lies', () => {
    for (let atMs = START_MS; atMs < START_MS + HORIZON_MS; atMs += 20_000) {
      const state = new KeyedState(everything)
      const laterMs = atMs + HORIZON_MS
      const event = { key: 'ann', id: 'a', eventTimeMs: atMs }
      expect(state.visit({ ...event, sentMs: atMs, offset: 0 }).disposition).toBe('on-time')
      state.visit({ key: 'bob', id: 'b', eventTimeMs: laterMs, sentMs: laterMs, offset: 1 })
      expect(state.visit({ ...event, sentMs: laterMs, offset: 2 }).disposition).toBe('duplicate')
    }
  })

  it('answers after a restart at any offset as it would have without', () => {
    let furthest = 0
    assert(
      property(arrivals, records => {
        const restarts = checkEveryRestart(records, everything, tellEverything)
        furthest = Math.max(furthest, restarts.at(-1)!)
      }),
      { numRuns: 250 },
    )
    expect(furthest).toBeGreaterThan(10)
  })

  it('does so too with states that forget, and then reads less again', () => {
    let everythingFrom = 0
    let windowedFrom = 0
    assert(
      property(arrivals, records => {
        everythingFrom += checkEveryRestart(records, everything, tellEverything).at(-1)!
        windowedFrom += checkEveryRestart(records, windowed, tellWindow).at(-1)!
      }),
      { numRuns: 120 },
    )
    expect(windowedFrom).toBeGreaterThan(everythingFrom)
  })

  it('answers the same however often it frees memory', () => {
    assert(
      property(arrivals, records => {
        const seldomSwept = new KeyedState({ ...everything, sweepEvery: 1_000 })
        const often = new KeyedState({ ...everything, sweepEvery: 1 })
        for (const [offset, arrival] of records.entries())
          expect(tellEverything(often, arrival, offset)).toBe(tellEverything(seldomSwept, arrival, offset))
      }),
      { numRuns: 300 },
    )
  })

  it('remembers that an event was a duplicate for as long as its key remembers anything', () => {
    // Just before the end of a bucket of ids, which is touched by another key while this one has expired.
    const bucketMs = (HORIZON_MS + LATENESS_MS) / 4
    const oldMs = Math.ceil((START_MS - 30 * DAY_MS) / bucketMs) * bucketMs - 1_000
    const laterMs = START_MS + MAX_IDLE_MS + 1
    const records = [
      { key: 'cem', id: 'live', eventTimeMs: START_MS, sentMs: START_MS },
      { key: 'ann', id: 'first', eventTimeMs: oldMs, sentMs: laterMs },
      { key: 'bob', id: 'b1', eventTimeMs: oldMs, sentMs: laterMs + 50_000 },
      { key: 'bob', id: 'b2', eventTimeMs: oldMs, sentMs: laterMs + 100_000 },
      { key: 'ann', id: 'first', eventTimeMs: oldMs, sentMs: laterMs + 101_000 },
    ]
    for (let n = 1; n < 12; n++)
      records.push({ key: 'ann', id: `a${n}`, eventTimeMs: oldMs + n * 5_000, sentMs: laterMs + 101_000 + n * 50_000 })
    checkEveryRestart(records, everything, tellEverything)
  })

  it('forgets a key that has been silent for long even where its clock is ahead of all others', () => {
    const state = new KeyedState(everything)
    state.visit({ key: 'ahead', id: null, eventTimeMs: START_MS + DAY_MS / 2, sentMs: START_MS, offset: 0 })
    for (let offset = 1; offset < 50; offset++) {
      const sentMs = START_MS + (offset * MAX_IDLE_MS) / 30
      state.visit({ key: 'ann', id: null, eventTimeMs: sentMs, sentMs, offset })
    }
    expect(state.size).toBe(1)
    expect(state.restartPoint.stateFrom).toBeGreaterThan(0)
  })

  it('does not depend for ever on what a key did before a pause', () => {
    const state = new KeyedState(windowed)
    let timeMs = START_MS
    for (let offset = 0; offset < 4_000; offset++) {
      // The key itself never expires: the pause is longer than the horizon, but not by more than the lateness.
      timeMs += offset === 100 ? HORIZON_MS + LATENESS_MS / 2 : 1_000
      const visit = state.visit({ key: 'ann', id: null, eventTimeMs: timeMs, sentMs: timeMs, offset })
      visit.state.insert({ timeMs }, offset)
    }
    expect(state.restartPoint.stateFrom).toBeGreaterThan(2_000)
  })

  it('tells late events, duplicates and implausible times apart', () => {
    const state = new KeyedState(everything)
    const at = (seconds: number, id: string, key = 'ann') => {
      const eventTimeMs = START_MS + seconds * 1_000
      return state.visit({ key, id, eventTimeMs, sentMs: START_MS + 300_000, offset: offset++ }).disposition
    }
    let offset = 0
    expect(at(100, 'a')).toBe('on-time')
    expect(at(40, 'b')).toBe('on-time')
    expect(at(39, 'c')).toBe('late')
    expect(at(10, 'd', 'bob')).toBe('on-time')
    expect(at(40, 'b')).toBe('duplicate')
    expect(at(165 * 365 * 86_400, 'e')).toBe('implausible')
    expect(at(-50 * 365 * 86_400, 'f')).toBe('implausible')
    expect(at(90, 'g')).toBe('on-time')
  })

  it('gives an event with a leaping clock a state of its own, and the next one its old state', () => {
    const state = new KeyedState(everything)
    const meet = (eventTimeMs: number, offset: number) => {
      const { state: met } = state.visit({ key: 'ann', id: null, eventTimeMs, sentMs: START_MS, offset })
      met.push(String(offset))
      return met.join(' ')
    }
    expect(meet(START_MS, 0)).toBe('0')
    expect(meet(START_MS + DAY_MS / 2, 1)).toBe('1')
    expect(meet(START_MS - 30 * DAY_MS, 2)).toBe('2')
    expect(meet(START_MS + 1_000, 3)).toBe('0 3')
  })

  it('forgets what an old clock did once the clock has been silent, while the key goes on', () => {
    const state = new KeyedState(everything)
    const visit = (offset: number, clockMs: number, afterMs: number) => {
      const sentMs = START_MS + afterMs
      const { state: met } = state.visit({ key: 'ann', id: null, eventTimeMs: sentMs + clockMs, sentMs, offset })
      met.push(`${offset}`)
      return met.join(' ')
    }
    expect(visit(0, 0, 0)).toBe('0')
    expect(visit(1, -30 * DAY_MS, 1_000)).toBe('1')
    expect(visit(2, -30 * DAY_MS, 2_000)).toBe('1 2')
    expect(visit(3, -30 * DAY_MS, 3_000 + GRACE_MS)).toBe('3')
    expect(visit(4, 0, 4_000 + GRACE_MS)).toBe('0 4')
  })

  it('is not emptied by one record of another clock: neither by its event time nor by the time of its sending', () => {
    const state = new KeyedState(everything)
    const meet = (key: string, eventTimeMs: number, sentMs: number, offset: number) => {
      const { state: met } = state.visit({ key, id: null, eventTimeMs, sentMs, offset })
      met.push(String(offset))
      return met.join(' ')
    }
    meet('ann', START_MS - 30 * DAY_MS, START_MS, 0)
    meet('bob', START_MS, START_MS + 1_000, 1)
    expect(meet('ann', START_MS - 30 * DAY_MS + 9_000, START_MS + 9_000, 2)).toBe('0 2')
  })

  it('lets one clock that is ahead move the watermark by a minute at most, so that others keep their state', () => {
    const state = new KeyedState(everything)
    const meet = (key: string, offset: number, afterMs: number, aheadMs = 0) => {
      const sentMs = START_MS + afterMs
      const visit = state.visit({ key, id: `${offset}`, eventTimeMs: sentMs + aheadMs, sentMs, offset })
      visit.state.push(String(offset))
      return visit.state.join(' ')
    }
    meet('ann', 0, 0)
    meet('ahead', 1, 1_000, DAY_MS / 2)
    expect(state.watermarkMs).toBe(START_MS + 1_000 + 60_000)
    // Longer than a key is kept whatever the watermark says.
    expect(meet('ann', 2, 2 * GRACE_MS)).toBe('0 2')
    expect(state.watermarkMs).toBe(START_MS + 2 * GRACE_MS)
  })

  it('gives no state to keys beyond the cap, and says so; those that have one keep it', () => {
    const state = new KeyedState({ ...everything, maxKeys: 2 })
    const meet = (key: string, sentMs: number, offset: number) =>
      state.visit({ key, id: null, eventTimeMs: sentMs, sentMs, offset }).disposition
    expect(['ann', 'bob', 'cem', 'ann'].map((key, offset) => meet(key, START_MS + offset, offset))).toEqual([
      'on-time',
      'on-time',
      'refused',
      'on-time',
    ])
    expect(state.size).toBe(2)
    // Room comes from time, not from fullness.
    for (let offset = 4; offset < 10; offset++) meet('ann', START_MS + HORIZON_MS + 2 * LATENESS_MS + offset, offset)
    expect(meet('cem', START_MS + HORIZON_MS + 2 * LATENESS_MS + 20, 20)).toBe('on-time')
  })
})
