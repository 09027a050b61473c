/** Age bands of people, with the ages in them; the last one ends nowhere. */
const BANDS = [
  { band: '20-29', from: 20 },
  { band: '30-39', from: 30 },
  { band: '40-49', from: 40 },
  { band: '50-59', from: 50 },
  { band: '60+', from: 60 },
] as const

export type AgeBand = (typeof BANDS)[number]['band']

export const ageBands: readonly AgeBand[] = BANDS.map(({ band }) => band)

/** The band of an age in years; null below 20, where there is none. */
export const ageBandOf = (age: number): AgeBand | null => BANDS.findLast(({ from }) => age >= from)?.band ?? null
