import { type Example, fitTables, type Table } from './additive-fit.ts'
import { alterations, type Person } from './people.ts'

export type AimKind = 'jump' | 'snap'
export interface AimFit {
  readonly tables: readonly Table[]
  readonly intercept: number
}

const PENALTY = 0.002

/** Fits the table of one kind of cheating on the approaches of some people, at every sampling. */
export function fitAim(people: readonly Person[], kind: AimKind): AimFit {
  const names = Object.keys(alterations).filter(name => alterations[name]!.kind === kind)
  const examples: Example[] = []
  for (const actions of people.flat())
    for (const { honest, altered } of actions) {
      if (honest) examples.push({ features: honest, isAltered: false })
      for (const name of names) {
        const features = altered[name]!.features
        if (features) examples.push({ features, isAltered: true })
      }
    }
  return fitTables(examples, PENALTY)
}

/** Pairs of people that are left out of a fit, and the others. */
export function* leavePairsOut<T>(people: readonly T[]): Generator<{ readonly fitted: T[]; readonly held: number[] }> {
  for (let first = 0; first < people.length; first++)
    for (let second = first + 1; second < people.length; second++)
      yield { fitted: people.filter((_, n) => n !== first && n !== second), held: [first, second] }
}

/** Share of the altered above all but `falseShare` of the honest. */
export function recallAt(honest: readonly number[], altered: readonly number[], falseShare: number): number {
  const cut = [...honest].sort((a, b) => b - a)[Math.floor(honest.length * falseShare)]!
  return altered.filter(score => score > cut).length / altered.length
}
