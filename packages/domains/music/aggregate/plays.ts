import { ageBandOf, createInstantWriter, type EventOf, makerOf } from '@millrace/contracts'
import { createRanking, createWindowedAggregation, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { campaigns, dimensions, type Listen, levels, music, RANKS, UNKNOWN } from '../contract.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How long after its end a window still counts events. */
const GRACE_MS = HOUR_MS
/** How long after its start a day is still ranked; longer than it counts events. */
const KEEP_MS = 2 * DAY_MS
/** Digits of the largest id. */
const ID_DIGITS = 16

const { listens, hours, hoursPartials, hoursLate, dailyTracks, trackPlaysPartials, trackPlaysLate, topTracks } =
  music.topics
const writeInstant = createInstantWriter()
const [ALL, REGION, GENDER, AGE, LEVEL, CAMPAIGN] = dimensions

/** Where what is known of a listen's customer belongs; each listen counts once in each dimension. */
const dimensionsOf = ({ region, gender, age, level, campaign }: Listen): readonly (readonly string[])[] => [
  [ALL, ALL],
  [REGION, region],
  [GENDER, gender === null ? UNKNOWN : String(gender)],
  [AGE, (age === null ? null : ageBandOf(age)) ?? UNKNOWN],
  [LEVEL, level === null ? UNKNOWN : levels[level]!],
  [CAMPAIGN, campaign === null ? UNKNOWN : campaigns[campaign]!],
]

type TrackPlays = EventOf<typeof dailyTracks>

interface Plays {
  readonly plays: number
  readonly mobile: number
}

/** music.listens → music.hours: plays per hour, of all and by region, gender, age, level and campaign of the listener. */
export const createHoursTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation<typeof listens, typeof hours, Plays>({
    name: makerOf(hours),
    service: 'aggregator',
    source: listens,
    partials: hoursPartials,
    results: hours,
    late: hoursLate,
    windowMs: HOUR_MS,
    graceMs: GRACE_MS,
    groupsOf: dimensionsOf,
    zero: { plays: 0, mobile: 0 },
    add: ({ plays, mobile }, { ismobile }) => ({ plays: plays + 1, mobile: mobile + ismobile }),
    subtract: ({ plays, mobile }, { ismobile }) => ({ plays: plays - 1, mobile: mobile - ismobile }),
    isCorrection: ({ healed }) => healed,
    merge: (a, b) => ({ plays: a.plays + b.plays, mobile: a.mobile + b.mobile }),
    toEvent: ({ windowMs, group: [dimension, value], result, revision }) => ({
      hour: writeInstant(windowMs),
      dimension: dimension as (typeof dimensions)[number],
      value: value!,
      ...result,
      revision,
    }),
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })

/** Member of a ranking: the id in front, padded, so that of tracks with as many plays the one with the lower id is first. */
const memberOf = ({ track_id, title, artist }: TrackPlays): string =>
  JSON.stringify([String(track_id).padStart(ID_DIGITS, '0'), title, artist])

/** music.track-plays → music.top-tracks: the first tracks of a day among customers of each gender. */
export const createTopTracksTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createRanking({
    name: makerOf(topTracks),
    service: 'aggregator',
    source: dailyTracks,
    results: topTracks,
    memberOf,
    scores: { plays: ({ plays }) => plays },
    top: RANKS,
    keepMs: KEEP_MS,
    toEvent: ({ list, rank, member, score, revision }) => {
      const [day = '', gender = ''] = list.split('/')
      const [id, title, artist] = member === null ? [null, '', ''] : (JSON.parse(String(member)) as string[])
      return {
        ...{ list, day, gender, rank, track_id: id === null ? null : Number(id), title: title!, artist: artist! },
        ...{ plays: score, revision },
      }
    },
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })

/** music.listens → music.track-plays: plays per day of each track by customers of each gender. */
export const createTrackPlaysTopology = ({ logger, metrics }: TopologyParts): Topology =>
  createWindowedAggregation<typeof listens, typeof dailyTracks, number>({
    name: makerOf(dailyTracks),
    service: 'aggregator',
    source: listens,
    partials: trackPlaysPartials,
    results: dailyTracks,
    late: trackPlaysLate,
    windowMs: DAY_MS,
    graceMs: GRACE_MS,
    groupsOf: ({ gender, track_id, title, artist }) => [
      [gender === null ? UNKNOWN : String(gender), String(track_id), title ?? '', artist ?? ''],
    ],
    zero: 0,
    add: plays => plays + 1,
    subtract: plays => plays - 1,
    isCorrection: ({ healed }) => healed,
    merge: (a, b) => a + b,
    toEvent: ({ windowMs, group: [gender, track, title, artist], result, revision }) => {
      const day = writeInstant(windowMs).slice(0, 10)
      return {
        ...{ list: `${day}/${gender}`, day, gender: gender!, track_id: Number(track), title: title!, artist: artist! },
        ...{ plays: result, revision },
      }
    },
    ...(logger && { logger }),
    ...(metrics && { metrics }),
  })
