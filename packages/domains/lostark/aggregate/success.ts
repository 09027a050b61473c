import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createWindowedAggregation, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { type LostarkMember, lostark } from '../contract.ts'
import { LONGEST_MS } from './raids.ts'

const DAY_MS = 86_400_000
const { members, success, successPartials, successLate } = lostark.topics
const writeInstant = createInstantWriter()

/** Players of raids that are decided. */
interface Sums {
  readonly players: number
  readonly successes: number
  readonly survivors: number
}

const NONE: Sums = { players: 0, successes: 0, survivors: 0 }

const sumOf = (a: Sums, b: Sums): Sums => ({
  players: a.players + b.players,
  successes: a.successes + b.successes,
  survivors: a.survivors + b.survivors,
})

const differenceOf = (a: Sums, b: Sums): Sums => ({
  players: a.players - b.players,
  successes: a.successes - b.successes,
  survivors: a.survivors - b.survivors,
})

const sumsOf = ({ success: isSuccess, survived }: LostarkMember): Sums =>
  isSuccess === null ? NONE : { players: 1, successes: isSuccess ? 1 : 0, survivors: survived ? 1 : 0 }

/** lostark.members → lostark.success: success rates per UTC day by boss, and by boss and class. */
export const createSuccessTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation({
    name: makerOf(success),
    service: 'aggregator',
    source: members,
    partials: successPartials,
    results: success,
    late: successLate,
    windowMs: DAY_MS,
    // A raid that began at the end of a day is corrected for so long.
    graceMs: LONGEST_MS,
    groupsOf: ({ boss, class: className }) => [
      ['boss', boss, ''],
      ['class', boss, className],
    ],
    zero: NONE,
    add: (sums, member) => sumOf(sums, sumsOf(member)),
    subtract: (sums, member) => differenceOf(sums, sumsOf(member)),
    merge: sumOf,
    toEvent: ({ windowMs, group: [, boss, className], events, result, revision }) => ({
      day: writeInstant(windowMs),
      boss: boss!,
      class: className!,
      members: events,
      ...result,
      successRate: result.players === 0 ? null : result.successes / result.players,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
