import { describe, expect, it } from 'vitest'
import { type AdTargetModel, type MusicRaw, modelFeatures, music } from '../contract.ts'
import { simulation } from '../simulate.ts'

const { raw, adClicks, models } = music.topics

interface Example {
  readonly features: readonly number[]
  readonly clicked: boolean
}

/** What a training job sees of two days: features of each customer with enough listens, and whether the customer clicked an offer. */
function examplesOf(seed: string) {
  const options = simulation.parse({ customers: '1500', duration: '48h', seed })
  const { stream } = simulation.simulate(options, 0)
  const listens = new Map<number, MusicRaw[]>()
  const clicked = new Set<number>()
  let model: AdTargetModel | undefined
  while (stream.nextMs !== Number.POSITIVE_INFINITY) {
    const { topic, value } = stream.next()
    if (topic === models.name) model = JSON.parse(value)
    if (topic === adClicks.name) clicked.add(JSON.parse(value).CustID)
    if (topic !== raw.name) continue
    const event: MusicRaw = JSON.parse(value)
    listens.set(event.customer_id, [...(listens.get(event.customer_id) ?? []), event])
  }
  const examples = [...listens]
    .filter(([, own]) => own.length >= model!.minPlays)
    .map(([customer, own]): Example => {
      const share = (is: (event: MusicRaw, hour: number) => boolean): number =>
        own.filter(event => is(event, Number(event.datetime.slice(11, 13)))).length / own.length
      const features = [
        share((_, hour) => hour >= 5 && hour < 12),
        share((_, hour) => hour >= 12 && hour < 17),
        share((_, hour) => hour >= 17 && hour < 22),
        share((_, hour) => hour < 5 || hour >= 22),
        share(({ ismobile }) => ismobile === 1),
        new Set(own.map(({ track_id }) => track_id)).size / own.length,
      ]
      return { features, clicked: clicked.has(customer) }
    })
  return { examples, model: model! }
}

type Weights = Pick<AdTargetModel, 'coefficients' | 'intercept'>
const probabilityOf = ({ coefficients, intercept }: Weights, features: readonly number[]): number =>
  1 / (1 + Math.exp(-features.reduce((total, feature, n) => total + feature * coefficients[n]!, intercept)))

/** Logistic regression by gradient descent. */
function fit(examples: readonly Example[]): Weights {
  let weights: Weights = { coefficients: modelFeatures.map(() => 0), intercept: 0 }
  for (let round = 0; round < 1_500; round++) {
    const slope = modelFeatures.map(() => 0)
    let shift = 0
    for (const { features, clicked } of examples) {
      const miss = probabilityOf(weights, features) - (clicked ? 1 : 0)
      for (const [n, feature] of features.entries()) slope[n]! += miss * feature
      shift += miss
    }
    const step = 6 / examples.length
    weights = {
      coefficients: weights.coefficients.map((weight, n) => weight - step * slope[n]!),
      intercept: weights.intercept - step * shift,
    }
  }
  return weights
}

const errorOf = (weights: Weights, examples: readonly Example[]): number =>
  examples.filter(({ features, clicked }) => probabilityOf(weights, features) >= 0.5 !== clicked).length /
  examples.length

describe.each(['42', '7'])('who clicks offers can be learned from two days of listening (seed %s)', seed => {
  const { examples, model } = examplesOf(seed)
  const training = examples.filter((_, index) => index % 3 > 0)
  const heldOut = examples.filter((_, index) => index % 3 === 0)
  const alwaysNo = heldOut.filter(({ clicked }) => clicked).length / heldOut.length

  it('by a logistic regression, with an error of at most 10 % on customers that were held out', () => {
    const error = errorOf(fit(training), heldOut)
    expect(error).toBeLessThanOrEqual(0.1)
    expect(error).toBeLessThan(alwaysNo)
  })

  it('as well as by the model of the scenario', () => {
    const error = errorOf(model, examples)
    expect(error).toBeLessThanOrEqual(0.1)
    expect(error).toBeLessThan(alwaysNo)
    expect(model.threshold).toBe(0.5)
    // Four deviations of a share.
    const spread = 4 * Math.sqrt((0.1 * 0.9) / examples.length)
    expect(Math.abs(model.error - error)).toBeLessThan(spread)
    expect(Math.abs(model.baselineError - alwaysNo)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / heldOut.length))
  })
})
