import { createInstantWriter, makerOf } from '@millrace/contracts'
import { createKeyedWindows, type LateEvents, type Topology, type WindowContext } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { type LostarkRaw, lostark, MAX_LIMIT_SEC, startMsOf } from '../contract.ts'
import { type Member, Raid } from './raid.ts'

const HOUR_MS = 3_600_000
/** How long after the boss's time a raid still takes events. */
export const GRACE_MS = HOUR_MS
/** What a raid can last, with that: its members are corrected until then. */
export const LONGEST_MS = MAX_LIMIT_SEC * 1000 + GRACE_MS

const { raw, outcomes, members, late } = lostark.topics
const writeInstant = createInstantWriter()

type Context = Pick<WindowContext, 'key' | 'emit' | 'window'>

/** A record first calls a timer and then counts itself, so both have a revision of their own. */
const revisionOfTimer = (offset: number): number => 2 * offset + 1
const revisionOfEvent = (offset: number): number => 2 * offset + 2

const successOf = ({ standing: { state } }: Raid): boolean | null =>
  state === 'running' ? null : state === 'succeeded'

function publishRaid(raid: Raid, { key: sessionID, window, emit }: Context, revision: number): void {
  const startTime = writeInstant(window.startMs)
  const { boss, difficulty, limitSec } = raid.declaration
  const { state, survivors, durationSec, timeUpBy } = raid.standing
  emit(outcomes, {
    eventId: `${sessionID}@${startTime}`,
    ...{ sessionID, startTime, raidDay: startTime.slice(0, 10), boss, difficulty, limitSec },
    ...{ state, success: successOf(raid), members: raid.members.size, survivors, durationSec, timeUpBy, revision },
  })
}

function publishMember(
  raid: Raid,
  { key: sessionID, window, emit, member, revision }: Context & { readonly member: Member; readonly revision: number },
): void {
  const startTime = writeInstant(window.startMs)
  const { account, class: className } = member
  const { boss, difficulty } = raid.declaration
  const { state } = raid.standing
  emit(members, {
    eventId: `${sessionID}@${startTime}@${account}`,
    ...{ sessionID, startTime, raidDay: startTime.slice(0, 10), account, class: className, boss, difficulty },
    ...{ state, success: successOf(raid), survived: state === 'running' ? null : raid.isAlive(member) },
    ...{ diedAtSec: raid.deathSecOf(member), revision },
  })
}

/** Publishes what is new of a raid; the members of a raid are many records only where its state changes. */
function publish(raid: Raid, { key, window, emit }: Context, revision: number): void {
  const { changes } = raid
  if (!changes.isRaid && !changes.isEveryMember && !changes.member) return
  const context = { key, window, emit }
  if (changes.isRaid || changes.isEveryMember) publishRaid(raid, context, revision)
  if (changes.isEveryMember)
    for (const member of raid.members.values()) publishMember(raid, { ...context, member, revision })
  else if (changes.member) publishMember(raid, { ...context, member: changes.member, revision })
  changes.isRaid = false
  changes.isEveryMember = false
  changes.member = null
}

const windowOf = (event: LostarkRaw) => {
  const startMs = startMsOf(event)
  return { startMs, endMs: startMs + event.Boss.endTime * 1000 }
}

/** lostark.raw → lostark.outcomes and lostark.members: how each raid and each player of it stands. */
export function createRaidsTopology({ logger, metrics }: TopologyParts): Topology {
  let isRefusalLogged = false
  const refuse = ({ record, key }: Pick<WindowContext, 'record' | 'key'>): void => {
    const { topic, partition } = record
    metrics?.refused.inc({ topic })
    if (!isRefusalLogged) logger?.error({ topic, partition, session: key }, 'too_many_members_of_a_raid')
    isRefusalLogged = true
  }
  return createKeyedWindows({
    name: makerOf(outcomes),
    service: 'aggregator',
    source: raw,
    outputs: [outcomes, members, late],
    windows: { windowOf, graceMs: GRACE_MS, maxLengthMs: MAX_LIMIT_SEC * 1000 },
    newState: () => new Raid(),
    onRecord(raid, event, context) {
      const { window, eventTimeMs, watermarkMs, record } = context
      const isTaken = raid.add(event, window.startMs, eventTimeMs)
      if (!isTaken && !context.isRebuilding) refuse(context)
      if (watermarkMs >= window.endMs) raid.pass(watermarkMs)
      else context.setTimer(window.endMs)
      publish(raid, context, revisionOfEvent(record.offset))
    },
    onTimer(raid, context) {
      raid.pass(context.eventTimeMs)
      publish(raid, context, revisionOfTimer(context.record.offset))
    },
    onLate(event, reason, { key, eventTimeMs, record, emit }) {
      emit(late, {
        eventId: `${event.eventId}:late`,
        datetime: writeInstant(eventTimeMs),
        window: writeInstant(startMsOf(event)),
        group: [key],
        partition: record.partition,
        events: 1,
        reason,
        revision: record.offset + 1,
      } satisfies LateEvents)
    },
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
}
