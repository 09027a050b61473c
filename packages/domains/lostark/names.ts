/** A boss of a legion raid as the scenario has it; `limitSec` is how long a raid has. */
export interface Boss {
  readonly name: string
  /** Item level that a raid asks for. */
  readonly difficulty: number
  readonly limitSec: number
  /** Another name in circulation. */
  readonly alias?: string
}

/** The bosses of the scenario; others are accepted and kept. */
export const bosses: readonly Boss[] = [
  { name: 'Valtan', difficulty: 1445, limitSec: 600 },
  { name: 'Vykas', difficulty: 1460, limitSec: 600, alias: 'Biackiss' },
  { name: 'Kakul-Saydon', difficulty: 1475, limitSec: 600, alias: 'Kouku-Saton' },
  { name: 'Brelshaza', difficulty: 1560, limitSec: 780, alias: 'Abrelshud' },
  { name: 'Illiakan', difficulty: 1600, limitSec: 900 },
  { name: 'Kamen', difficulty: 1630, limitSec: 1200 },
]

/** The classes of the scenario, with the other names in circulation; other classes are accepted and kept. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  Berserker: [],
  Destroyer: [],
  Gunlancer: ['Warlord'],
  Paladin: ['Holy Knight'],
  Slayer: [],
  Striker: [],
  Wardancer: ['Battle Master'],
  Scrapper: ['Infighter'],
  Soulfist: ['Soul Master'],
  Glaivier: ['Lance Master'],
  Breaker: [],
  Deadeye: ['Devil Hunter'],
  Gunslinger: [],
  Artillerist: ['Blaster'],
  Sharpshooter: ['Hawkeye'],
  Machinist: ['Scouter'],
  Bard: [],
  Sorceress: [],
  Arcanist: ['Arcana'],
  Summoner: [],
  Deathblade: ['Blade'],
  Shadowhunter: ['Demonic'],
  Reaper: [],
  Souleater: ['Soul Eater'],
  Artist: ['Painter'],
  Aeromancer: [],
  Wildsoul: [],
}

export const classNames: readonly string[] = Object.keys(CLASSES)

/** The other name of a class that clients of another language send; its own where there is none. */
export const classAliasOf = (name: string): string => CLASSES[name]?.[0] ?? name

const fold = (name: string): string => name.toLowerCase().replace(/[\s'’_-]/g, '')

/** Makes a function that gives a name its canonical spelling; a name that is not known stays as it is. */
function createNormaliser(names: Iterable<readonly [name: string, aliases: readonly string[]]>) {
  const canonical = new Map<string, string>()
  const known = new Set<string>()
  for (const [name, aliases] of names) {
    known.add(name)
    for (const spelling of [name, ...aliases]) canonical.set(fold(spelling), name)
  }
  return (name: string): string => (known.has(name) ? name : (canonical.get(fold(name)) ?? name))
}

/** The canonical name of a boss, whatever the case, spaces and hyphens, and for its other name. */
export const normaliseBoss = createNormaliser(bosses.map(({ name, alias }) => [name, alias ? [alias] : []]))

/** The canonical name of a class, whatever the case, spaces and hyphens, and for its other names. */
export const normaliseClass = createNormaliser(Object.entries(CLASSES))
