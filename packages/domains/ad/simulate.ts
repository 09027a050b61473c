import { createInstantWriter } from '@millrace/contracts'
import {
  type Actor,
  createWorld,
  type DomainSimulation,
  FaultyActor,
  hasFaults,
  mergeActors,
  type RecordStream,
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

/** Everything that a run sends, from the beginning; shards are made of whole campaigns and viewers. */
function createStream(options: AdOptions, { startMs, endMs }: SimulatedRun['span']): RecordStream {
  const { viewers, shard, faults, seed, start } = options
  const labels = ['ad', seed, options.incarnation ?? (start === 'now' ? String(startMs) : '')]
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
  return mergeActors(actors)
}

/** A pure function of the options, and of `nowMs` only where they say `now`. */
function simulate(options: AdOptions, nowMs: number): SimulatedRun {
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  return talliedRun(
    () => createStream(options, span),
    span,
    () => new CampaignTally(),
  )
}

/** People who are shown ads, and ignore, view or click them. */
export const simulation: DomainSimulation<AdOptions> = {
  domain: ad.name,
  topics: [ad.topics.raw, ad.topics.campaigns],
  ...adOptions,
  reference: options => campaignsOf(options).map((campaign, id) => recordOf(campaign, { id, atMs: 0 })),
  few: [
    { viewers: '4', campaigns: '2' },
    { viewers: '8', campaigns: '2' },
  ],
  simulate,
}
