type Event = Readonly<Record<string, unknown>>

const nameOf = ({ timestamp, type, id }: Event): string => `${timestamp} ${type} ${id}`
const revisionOf = ({ revision }: Event): number => Number(revision ?? 0)

/**
 * The final result of each window and group, under the name of both as its event id: the one with the highest revision, or the
 * last where there are none.
 * @param events in the order of their partitions
 */
export function latestResults(events: readonly Event[]): readonly Event[] {
  const latest = new Map<string, Event>()
  for (const event of events) {
    const name = nameOf(event)
    const known = latest.get(name)
    if (known && revisionOf(event) < revisionOf(known)) continue
    const { revision: _, ...result } = event
    latest.set(name, { eventId: name, ...result, ...(event.revision !== undefined && { revision: event.revision }) })
  }
  return [...latest.values()]
}
