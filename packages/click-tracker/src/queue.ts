import { machineTime } from './clock.ts'
import { random } from './random.ts'
import { load, loadNumber, names, save } from './storage.ts'

/** All tabs of a site share the queue. Each event has an entry of its own, so that none of them overwrites what another one writes. */
const MAX_QUEUE_CHARACTERS = 250_000
/** All requests of a closing page together may have 64 KiB, and a character may have three bytes. */
const MAX_BATCH_CHARACTERS = 20_000
/** Until an event is so old only its own page sends it, ms: that page is probably at it. */
const ADOPTION_MS = 5_000

/** End of the names of this page's events. */
const page = random()
/** Names of events in requests that are not answered. */
const inFlight = new Set<string>()
let count = 1e6
/** What the gateway's clock is ahead, ms; empty until it has compared the clock of this page. */
let ahead = ''

/** Time of an event by the machine's clock. */
const timeOf = (name: string): number => parseInt(name.slice(10), 10)

/**
 * Adds an event, without its timestamp. Where there are too many, the oldest are dropped and counted.
 * The name has the time by the machine's clock. What the gateway's clock is ahead is kept with the event once it is confirmed; until then
 * it is what is known when the event is sent. So the timestamp of an event that may be stored does not change.
 */
export function append(event: object): void {
  save(`millrace.q${machineTime()}-${count++}${page}`, JSON.stringify([ahead, event]))
  let characters = 0
  for (const name of names('millrace.q').reverse()) {
    characters += load(name).length
    if (characters > MAX_QUEUE_CHARACTERS) {
      save(name)
      save('millrace.d', loadNumber('millrace.d') + 1)
    }
  }
}

/** Takes the names of the oldest events for a request. */
export function take(onlyOwn?: unknown): string[] {
  let characters = 0
  return names('millrace.q').filter(name => {
    const isOthers = !name.endsWith(page)
    if (inFlight.has(name) || (isOthers && (onlyOwn || Math.abs(machineTime() - timeOf(name)) < ADOPTION_MS)))
      return false
    const isFirst = !characters
    characters += load(name).length
    return (isFirst || characters < MAX_BATCH_CHARACTERS) && inFlight.add(name)
  })
}

/** The body of a request. */
export const bodyOf = (batch: readonly string[]): string =>
  JSON.stringify(
    batch.map(name => {
      const [known, event] = JSON.parse(load(name))
      return { timestamp: new Date(timeOf(name) + +(known || load('millrace.o'))), ...event }
    }),
  )

/** Ends a request: events that are stored, or refused for good, are removed; the others are sent again. */
export function finish(batch: readonly string[], again: readonly string[]): void {
  for (const name of batch) {
    inFlight.delete(name)
    if (!again.includes(name)) save(name)
  }
}

/** The gateway has compared the clock, which was wrong by so many ms. @returns whether it was the first time on this page */
export function confirmClock(differenceMs: number): boolean {
  const isFirst = !ahead
  ahead = `${loadNumber('millrace.o') + differenceMs}`
  save('millrace.o', ahead)
  return isFirst
}
