import { createInstantWriter, eventTimeOf, makerOf } from '@millrace/contracts'
import { createKeyedProcessor, decodeJson, ok, type Topology } from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { type MusicRaw, music, musicRaw } from '../contract.ts'
import { RecentPlays, WITHIN_MS } from './recent-plays.ts'

/** How much older than the customer's newest play one may be and still count. */
const ALLOWED_LATENESS_MS = 3_600_000

const { raw, interests } = music.topics
const decode = decodeJson(musicRaw, ['eventId', 'customer_id', 'track_id', 'datetime'])
const writeInstant = createInstantWriter()

interface DecodedPlay {
  readonly event: Pick<MusicRaw, 'eventId' | 'customer_id' | 'track_id' | 'datetime'>
  readonly timeMs: number
}

/** music.raw → music.interests: tracks that a customer played for the third time within 30 minutes, once per crossing. */
export const createInterestsTopology = ({ logger, metrics }: AggregationParts): Topology => ({
  name: makerOf(interests),
  topics: [raw],
  outputs: [interests],
  createProcessor: () =>
    createKeyedProcessor<DecodedPlay, RecentPlays>({
      service: 'profiler',
      ...(logger && { logger }),
      ...(metrics && { metrics }),
      allowedLatenessMs: ALLOWED_LATENESS_MS,
      horizonMs: ALLOWED_LATENESS_MS + 2 * WITHIN_MS,
      decode: (record, same) => {
        const decoded = decode(record, same)
        return decoded.kind === 'ok'
          ? ok({ event: decoded.value, timeMs: eventTimeOf(raw, decoded.value) ?? Number.NaN })
          : decoded
      },
      keyOf: ({ event }) => String(event.customer_id),
      eventTimeOf: ({ timeMs }) => timeMs,
      idOf: ({ event }) => event.eventId,
      newState: () => new RecentPlays(ALLOWED_LATENESS_MS),
      dependsFrom: plays => plays.dependsFrom,
      // What is late is for the plays to say: after a play of a clock that is ahead, the next one is late to its customer.
      onRecord(plays, { event, timeMs }, { record, disposition, emit }) {
        if (disposition === 'implausible' || disposition === 'refused') return undefined
        for (const { play, since, before } of plays.add(
          event.track_id,
          { eventId: event.eventId, timeMs },
          record.offset,
        ))
          emit(interests, {
            eventId: `${play.eventId}:interest`,
            sourceEventId: play.eventId,
            customer_id: event.customer_id,
            track_id: event.track_id,
            datetime: writeInstant(play.timeMs),
            since: writeInstant(since ?? before ?? play.timeMs),
            withdrawn: since === null,
            revision: record.offset + 1,
          })
        return undefined
      },
    }),
})
