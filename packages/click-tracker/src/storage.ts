/*
 * What the tracker keeps in `localStorage`, under names that begin with millrace. and then have:
 * u key of the browser; s session, time of its last event, page viewed last; n pages loaded; p session and the pages whose outline is told;
 * q… an unsent event; d events dropped; w time before which no tab sends; o what the gateway's clock is ahead; off the visitor does not agree.
 */

/** What could not be stored because the storage is full; it lives as long as the page. */
const memory: Record<string, string> = {}

/** Where the storage is forbidden, an object of this page. */
let storage: Record<string, string> = {}
try {
  storage = localStorage || storage
} catch {}

/** The text under a name; empty where there is none. */
export const load = (name: string): string => memory[name] || storage[name] || ''

/** The number under a name; 0 where there is none. */
export const loadNumber = (name: string): number => +load(name) || 0

/** Keeps a text under a name, for this page at least; nothing removes it. */
export function save(name: string, text?: string | number): void {
  delete memory[name]
  delete storage[name]
  if (text)
    try {
      storage[name] = `${text}`
    } catch {
      memory[name] = `${text}`
    }
}

/** Every name that begins with `start`, in order. */
export const names = (start: string): string[] =>
  Object.keys(memory)
    .concat(Object.keys(storage))
    .filter(name => name.startsWith(start))
    .sort()
