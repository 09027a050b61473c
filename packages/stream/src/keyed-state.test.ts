import { array, assert, constantFrom, integer, nat, oneof, property, record, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventTimeWindow } from './event-time-window.ts'
import { GRACE_MS, KeyedState, type KeyedStateOptions, MAX_IDLE_MS } from './keyed-state.ts'
import { decodeRestartPoint, encodeRestartPoint, NO_PROGRESS } from './progress.ts'

const START_MS = Date.UTC(2024, 2, 24)
const HORIZON_MS = 600_000
const LATENESS_MS = 60_000

interface Arrival {
  readonly key: string
  readonly id: string
  readonly eventTimeMs: number
  readonly sentMs: number
}

/** A state that remembers everything, so that any difference shows. */
const everything: KeyedStateOptions<string[]> = {
  horizonMs: HORIZON_MS,
  allowedLatenessMs: LATENESS_MS,
  newState: () => [],
}

function answer(state: KeyedState<string[]>, arrival: Arrival, offset: number): string {
  const visit = state.visit({ ...arrival, id: arrival.id === '' ? null : arrival.id, offset })
  if (visit.standing !== 'duplicate') visit.state.push(`${arrival.id}@${arrival.eventTimeMs - START_MS}`)
  return `${visit.standing} ${visit.state.join(' ')}`
}

/** A state that forgets, and says from where on it depends on the log. */
const windowed: KeyedStateOptions<EventTimeWindow<{ timeMs: number }>> = {
  horizonMs: HORIZON_MS,
  allowedLatenessMs: LATENESS_MS,
  newState: () => new EventTimeWindow({ keepMs: HORIZON_MS }),
  dependsFrom: state => state.dependsFrom,
}

function windowedAnswer(state: KeyedState<EventTimeWindow<{ timeMs: number }>>, arrival: Arrival, offset: number) {
  const visit = state.visit({ ...arrival, id: arrival.id === '' ? null : arrival.id, offset })
  if (visit.standing !== 'on-time') return visit.standing
  visit.state.insert({ timeMs: arrival.eventTimeMs }, offset)
  return Array.from({ length: visit.state.length }, (_, index) => visit.state.at(index)?.timeMs).join(' ')
}

/** What a process that is started again at `committed` answers from there on. */
function answersAfterRestart(arrivals: readonly Arrival[], committed: number, metadata: string): string[] {
  const start = decodeRestartPoint(metadata)
  if (!start) throw new Error(`not a restart point: ${metadata}`)
  const state = new KeyedState(everything, start)
  const answers: string[] = []
  for (let offset = start.stateFrom; offset < arrivals.length; offset++) {
    const text = answer(state, arrivals[offset]!, offset)
    if (offset >= committed) answers.push(text)
  }
  return answers
}

function arrivalsOf(
  steps: readonly (readonly [
    { readonly key: string; readonly leap: string; readonly jitterMs: number },
    { readonly silenceMs: number; readonly againOf: number | null },
  ])[],
): Arrival[] {
  const arrivals: Arrival[] = []
  let sentMs = START_MS + 400 * 86_400_000
  let timeMs = START_MS
  for (const [{ key, leap, jitterMs }, { silenceMs, againOf }] of steps) {
    sentMs += silenceMs
    timeMs += silenceMs + 500
    const again = againOf === null ? undefined : arrivals.at(-1 - againOf)
    if (again) {
      arrivals.push({ ...again, sentMs })
      continue
    }
    const leapMs = { none: 0, back: -90 * 60_000, live: sentMs - timeMs, insane: 166 * 365 * 86_400_000 }[leap]!
    arrivals.push({ key, id: `e${arrivals.length}`, eventTimeMs: timeMs + leapMs - jitterMs, sentMs })
  }
  return arrivals
}

const step = tuple(
  record({
    key: constantFrom('ann', 'bob', 'cem'),
    leap: oneof(
      { weight: 12, arbitrary: constantFrom('none') },
      { weight: 1, arbitrary: constantFrom('back', 'live', 'insane') },
    ),
    jitterMs: oneof({ weight: 4, arbitrary: nat(20_000) }, { weight: 1, arbitrary: nat(900_000) }),
  }),
  record({
    silenceMs: oneof(
      { weight: 6, arbitrary: nat(3_000) },
      { weight: 1, arbitrary: nat(MAX_IDLE_MS + GRACE_MS) },
      { weight: 1, arbitrary: nat(HORIZON_MS + 2 * LATENESS_MS) },
    ),
    againOf: oneof(
      { weight: 6, arbitrary: constantFrom(null) },
      { weight: 1, arbitrary: integer({ min: 0, max: 40 }) },
    ),
  }),
)

describe('KeyedState', () => {
  it('answers after a restart at any offset as it would have without', () => {
    assert(
      property(array(step, { minLength: 20, maxLength: 120 }), nat(), (steps, where) => {
        // Sweeps come every 1,024 records: what lies between the arrivals only makes them come.
        const arrivals = arrivalsOf(steps).flatMap(arrival => [
          arrival,
          ...Array.from({ length: 60 }, () => ({ ...arrival, key: 'filler', id: '', eventTimeMs: 0 })),
        ])
        const crashAt = where % arrivals.length
        const state = new KeyedState(everything)
        const answers: string[] = []
        let metadata = encodeRestartPoint({ stateFrom: 0, progress: NO_PROGRESS })
        for (const [offset, arrival] of arrivals.entries()) {
          if (offset === crashAt) metadata = encodeRestartPoint(state.restartPoint)
          const text = answer(state, arrival, offset)
          if (offset >= crashAt) answers.push(text)
        }
        const again = answersAfterRestart(arrivals, crashAt, metadata)
        const unlike = again.findIndex((text, index) => text !== answers[index])
        expect(unlike < 0 ? null : { offset: crashAt + unlike, again: again[unlike] }).toEqual(
          unlike < 0 ? null : { offset: crashAt + unlike, again: answers[unlike] },
        )
        expect(again.length).toBe(answers.length)
      }),
      { numRuns: 150 },
    )
  })

  it('does so too with states that forget, and reads less again', () => {
    let shorter = 0
    assert(
      property(array(step, { minLength: 20, maxLength: 120 }), nat(), (steps, where) => {
        const arrivals = arrivalsOf(steps).flatMap(arrival => [
          arrival,
          ...Array.from({ length: 60 }, () => ({ ...arrival, key: 'filler', id: '', eventTimeMs: 0 })),
        ])
        const crashAt = where % arrivals.length
        const state = new KeyedState(windowed)
        for (let offset = 0; offset < crashAt; offset++) windowedAnswer(state, arrivals[offset]!, offset)
        const start = state.restartPoint
        const again = new KeyedState(windowed, start)
        for (let offset = start.stateFrom; offset < crashAt; offset++) windowedAnswer(again, arrivals[offset]!, offset)
        const rest = arrivals.slice(crashAt)
        const answersOf = (of: typeof state) => rest.map((arrival, n) => windowedAnswer(of, arrival, crashAt + n))
        expect(answersOf(again)).toEqual(answersOf(state))
        if (start.stateFrom > 0) shorter++
      }),
      { numRuns: 150 },
    )
    expect(shorter).toBeGreaterThan(0)
  })

  it('does not depend for ever on what a key did before a pause', () => {
    const state = new KeyedState(windowed)
    let timeMs = START_MS
    for (let offset = 0; offset < 12_000; offset++) {
      // The key is never gone itself: the pause is longer than the horizon, but not by more than the lateness.
      timeMs += offset === 100 ? HORIZON_MS + LATENESS_MS / 2 : 500
      const visit = state.visit({ key: 'ann', id: null, eventTimeMs: timeMs, sentMs: timeMs, offset })
      visit.state.insert({ timeMs }, offset)
    }
    expect(state.restartPoint.stateFrom).toBeGreaterThan(6000)
  })
})
