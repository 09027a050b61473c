type Event = Readonly<Record<string, unknown>>

/** How far two numbers may be apart, as a share of the larger; below one, as it is. */
const TOLERANCE = 1e-9

function isSame(ours: unknown, theirs: unknown): boolean {
  // Some leave out what others write as null.
  if ((ours ?? null) === (theirs ?? null)) return true
  if (Array.isArray(ours) && Array.isArray(theirs))
    return ours.length === theirs.length && ours.every((one, index) => isSame(one, theirs[index]))
  if (typeof ours !== 'number' || typeof theirs !== 'number') return false
  return Math.abs(ours - theirs) <= TOLERANCE * Math.max(1, Math.abs(ours), Math.abs(theirs))
}

function byId(events: readonly Event[], whose: string): ReadonlyMap<string, Event> {
  const map = new Map<string, Event>()
  for (const event of events) {
    const id = String(event.eventId)
    if (map.has(id)) throw new Error(`${whose} wrote event ${id} twice.`)
    map.set(id, event)
  }
  return map
}

/**
 * Checks that both made the same events of flat fields and lists, in whatever order.
 * @param without fields that only ours has
 * @throws what the first difference is
 */
export function expectSameOutputs(
  ours: readonly Event[],
  theirs: readonly Event[],
  without: readonly string[] = [],
): void {
  const [expected, found] = [byId(ours, 'Ours'), byId(theirs, 'The peer')]
  for (const id of found.keys()) if (!expected.has(id)) throw new Error(`Only the peer wrote event ${id}.`)
  for (const [id, event] of expected) {
    const other = found.get(id)
    if (!other) throw new Error(`The peer did not write event ${id}.`)
    for (const field of new Set([...Object.keys(event), ...Object.keys(other)]))
      if (!without.includes(field) && !isSame(event[field], other[field]))
        throw new Error(
          `Event ${id} differs in ${field}: ours ${JSON.stringify(event[field])}, the peer ${JSON.stringify(other[field])}.`,
        )
  }
}
