import { lolChampions } from '../contract.ts'

const fold = (name: string): string => name.toLowerCase().replace(/[\s'’]/g, '')

const canonical = new Map<string, string>(lolChampions.map(name => [fold(name), name]))
const spelledRight = new Set<string>(lolChampions)

/** The canonical spelling of a champion, whatever the case, spaces and apostrophes; a name that is not known stays as it is. */
export const normaliseChampion = (name: string): string =>
  spelledRight.has(name) ? name : (canonical.get(fold(name)) ?? name)
