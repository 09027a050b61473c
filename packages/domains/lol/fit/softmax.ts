import { Random } from '@millrace/simulation'

/** Observations of one choice among `outcomes`: what was chosen, and which weights speak for each outcome. */
export interface Choices {
  readonly outcomes: number
  /** Tables that are summed up. */
  readonly tables: number
  /** Number of weights in all tables. */
  readonly weights: number
  readonly chosen: Int32Array
  /** Index of the weight by observation, table and outcome. */
  readonly indices: Int32Array
}

export interface FitOptions {
  /** Ridge: the squared weights count this much against one observation's log-likelihood. */
  readonly ridge: number
  readonly epochs: number
}

const BATCH = 2048
const RATE = 0.1

/**
 * Weights of an additive softmax by Adam (Kingma and Ba, 2015) with a step that falls to zero; the same for the same input.
 *
 * @returns the weights and the mean negative log-likelihood of an observation over the last epoch, nats
 */
export function fitSoftmax(choices: Choices, { ridge, epochs }: FitOptions): { weights: Float64Array; loss: number } {
  const { outcomes, tables, chosen, indices } = choices
  const count = chosen.length
  const weights = new Float64Array(choices.weights)
  const mean = new Float64Array(choices.weights)
  const square = new Float64Array(choices.weights)
  const gradient = new Float64Array(choices.weights)
  const share = new Float64Array(outcomes)
  const order = Int32Array.from({ length: count }, (_, index) => index)
  const random = new Random('fit', 'softmax')
  let loss = 0
  let steps = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let index = count - 1; index > 0; index--) {
      const other = random.int(0, index)
      const moved = order[index]!
      order[index] = order[other]!
      order[other] = moved
    }
    loss = 0
    const rate = RATE * (1 - epoch / epochs)
    for (let from = 0; from < count; from += BATCH) {
      const end = Math.min(count, from + BATCH)
      gradient.fill(0)
      for (let place = from; place < end; place++) {
        const row = order[place]!
        const base = row * tables * outcomes
        share.fill(0)
        for (let table = 0; table < tables; table++)
          for (let o = 0; o < outcomes; o++) share[o]! += weights[indices[base + table * outcomes + o]!]!
        let most = Number.NEGATIVE_INFINITY
        for (let o = 0; o < outcomes; o++) if (share[o]! > most) most = share[o]!
        let sum = 0
        for (let o = 0; o < outcomes; o++) sum += share[o] = Math.exp(share[o]! - most)
        for (let o = 0; o < outcomes; o++) share[o]! /= sum
        loss -= Math.log(share[chosen[row]!]!)
        share[chosen[row]!]! -= 1
        for (let table = 0; table < tables; table++)
          for (let o = 0; o < outcomes; o++) gradient[indices[base + table * outcomes + o]!]! += share[o]!
      }
      steps++
      const meanScale = 1 / (1 - 0.9 ** steps)
      const squareScale = 1 / (1 - 0.99 ** steps)
      for (let index = 0; index < weights.length; index++) {
        const slope = gradient[index]! / (end - from) + (ridge * weights[index]!) / count
        mean[index] = 0.9 * mean[index]! + 0.1 * slope
        square[index] = 0.99 * square[index]! + 0.01 * slope * slope
        weights[index]! -= (rate * mean[index]! * meanScale) / (Math.sqrt(square[index]! * squareScale) + 1e-6)
      }
    }
  }
  return { weights, loss: loss / count }
}
