import { createInstantWriter } from '@millrace/contracts'
import { type Emit, emitEvent, type ReferenceRow } from '@millrace/stream'
import { type Customer, GOLD, music } from '../contract.ts'
import { type CustomerProfile, clickProbability, type LastRequest } from './customer-profile.ts'
import type { ModelInUse } from './model-store.ts'

const { behaviours, predictions, smsRequests } = music.topics
const writeInstant = createInstantWriter()

/** What every message says. */
const TEXT =
  'Three months of Gold for the price of one: see the offer in your player. Answer STOP to get no more messages.'

/** What is known of a customer besides the listens. */
export interface Knowledge {
  readonly customer: ReferenceRow<Customer> | undefined
  readonly inUse: ModelInUse
}

/** What the model says of a customer; a target is active and below Gold. */
export function classify(profile: CustomerProfile, { customer, inUse: { model } }: Knowledge) {
  const probability = clickProbability(model, profile)
  const clicks = profile.plays >= model.minPlays && probability >= model.threshold
  const target = clicks && customer?.row.Status === 1 && customer.row.Level < GOLD
  return { probability, clicks, target }
}

export const emitBehaviour = (profile: CustomerProfile, partition: number): Emit =>
  emitEvent(behaviours, {
    customer_id: profile.customerId,
    plays: profile.plays,
    ...profile.parts,
    mobile: profile.mobile,
    tracks: profile.tracks.length,
    lastListenAt: writeInstant(profile.lastMs),
    revision: profile.revision,
    state: {
      partition,
      tracks: profile.tracks as number[],
      lastEventId: profile.lastEventId,
      hasDay: profile.hasDay,
      request: profile.request,
    },
  })

/** Its revision is the sum of the positions of listen, customer and model, each of which only grows. */
export const emitPrediction = (profile: CustomerProfile, knowledge: Knowledge): Emit =>
  emitEvent(predictions, {
    day: profile.day,
    customer_id: profile.customerId,
    modelVersion: knowledge.inUse.model.version,
    ...classify(profile, knowledge),
    revision: profile.revision + (knowledge.customer ? knowledge.customer.offset + 1 : 0) + knowledge.inUse.offset + 1,
  })

export const emitRequest = (customerId: number, request: LastRequest): Emit =>
  emitEvent(smsRequests, {
    eventId: `${customerId}@${request.day}`,
    sourceEventId: request.sourceEventId,
    datetime: request.datetime,
    campaign: 'ad-target',
    campaignDay: request.day,
    customer_id: customerId,
    text: TEXT,
    modelVersion: request.modelVersion,
  })

/** The request that follows from a profile: one per campaign day, which is the day of the newest listen. Null where there is none to make. */
export function requestOf(profile: CustomerProfile, knowledge: Knowledge): LastRequest | null {
  const { day, request } = profile
  if ((request && request.day >= day) || !classify(profile, knowledge).target) return null
  return {
    day,
    sourceEventId: profile.lastEventId,
    datetime: writeInstant(profile.lastMs),
    modelVersion: knowledge.inUse.model.version,
  }
}
