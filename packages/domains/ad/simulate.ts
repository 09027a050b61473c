import { createInstantWriter } from '@millrace/contracts'
import {
  type Actor,
  createWorld,
  type DomainSimulation,
  FaultyActor,
  hasFaults,
  mergeActors,
  type SimulatedRun,
  talliedRun,
} from '@millrace/simulation'
import { ad } from './contract.ts'
import { CampaignRecord, campaignsOf, recordOf } from './simulate/campaigns.ts'
import { CampaignTally } from './simulate/golden.ts'
import { type AdOptions, adOptions } from './simulate/options.ts'
import { partsOf, Viewer } from './simulate/viewer.ts'

/** Fields without which an event is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = ['Ad', 'User']

/** A pure function of the options, and of `nowMs` only where they say `now`; shards are made of whole campaigns and viewers. */
function simulate(options: AdOptions, nowMs: number): SimulatedRun {
  const { viewers, shard, faults, seed } = options
  const startMs = options.start === 'now' ? nowMs : options.start
  const endMs = startMs + options.durationMs
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(startMs) : '')
  const labels = ['ad', seed, incarnation]
  const world = createWorld(options.world)
  const campaigns = campaignsOf(options)
  const parts = campaigns.map(partsOf)
  const writeInstant = createInstantWriter()
  const topics = [ad.topics.raw.name]
  const actors: Actor[] = []
  for (let number = shard.index - 1; number < campaigns.length; number += shard.count)
    actors.push(new CampaignRecord(viewers + number, campaigns[number]!, startMs))
  for (let number = shard.index - 1; number < viewers; number += shard.count) {
    const person = world.person(number)
    const viewer = new Viewer({ person, campaigns: parts, labels, startMs, endMs, writeInstant })
    actors.push(
      hasFaults(faults)
        ? new FaultyActor(viewer, { rates: faults, labels, topics, removableFields: REQUIRED_FIELDS })
        : viewer,
    )
  }
  return talliedRun(mergeActors(actors), { startMs, endMs }, new CampaignTally())
}

/** People who are shown ads, and ignore, view or click them. */
export const simulation: DomainSimulation<AdOptions> = {
  domain: ad.name,
  topics: [ad.topics.raw, ad.topics.campaigns],
  ...adOptions,
  reference: options => campaignsOf(options).map((campaign, id) => recordOf(campaign, { id, atMs: 0 })),
  simulate,
}
