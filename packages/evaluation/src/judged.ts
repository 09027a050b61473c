import { readFileSync } from 'node:fs'

type Rates = Readonly<Record<'clicks' | 'keys' | 'silent' | 'dispersion' | 'slow' | 'fast', number>>

/** How generated play compares with that of people, as `npm run judge-lol` found it on recordings that cannot be shipped. */
export interface Judged {
  readonly activity: Readonly<Record<'people' | 'simulated', Rates & { readonly autocorrelation: readonly number[] }>>
  readonly separability: readonly {
    readonly people: readonly number[]
    readonly features: string
    readonly tempo: string
    readonly area: number
  }[]
}

export const readJudged = (): Judged =>
  JSON.parse(readFileSync(new URL('../../domains/lol/fit/judged.json', import.meta.url), 'utf8')) as Judged
