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
} from '@millrace/simulation'
import { ad } from './contract.ts'
import { CampaignRecord, campaignsOf, recordOf } from './simulate/campaigns.ts'
import { GoldenTally } from './simulate/golden.ts'
import { type AdOptions, adOptions } from './simulate/options.ts'
import { partsOf, Viewer } from './simulate/viewer.ts'

/** Fields without which an event is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = ['Ad', 'User']

type Span = SimulatedRun['span']

/** Everything that a run sends, from the beginning. */
function streamOf(options: AdOptions, { startMs, endMs }: Span): RecordStream {
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

/** A pure function of the options, and of `nowMs` only where they say `now`. Golden answers are counted in a second run of the same. */
function simulate(options: AdOptions, nowMs: number): SimulatedRun {
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  const stream = streamOf(options, span)
  let taken = 0
  return {
    stream: {
      get nextMs() {
        return stream.nextMs
      },
      next() {
        taken++
        return stream.next()
      },
    },
    span,
    golden() {
      const again = streamOf(options, span)
      const tally = new GoldenTally()
      for (let left = taken; left > 0; left--) tally.note(again.next())
      return tally.rows()
    },
  }
}

/** People who are shown ads, and ignore, view or click them. */
export const simulation: DomainSimulation<AdOptions> = {
  domain: ad.name,
  topics: [ad.topics.raw, ad.topics.campaigns],
  ...adOptions,
  reference: options => campaignsOf(options).map((campaign, id) => recordOf(campaign, { id, atMs: 0 })),
  simulate,
}
