import { createWorld, fillPool, Random, type Shard, type SimulatedRecord, simulationError } from '@millrace/simulation'
import { type AdTargetModel, type Customer, campaigns, levels, modelFeatures, music, type Track } from '../contract.ts'
import type { MusicOptions } from './options.ts'
import { readCsv, readTracksCsv } from './read-csv.ts'

/** Shares of the customers that are Silver and Gold, active, linked with apps, and brought by each campaign, as in the published file. */
const LEVEL_SHARES = [0.57, 0.33, 0.1]
const ACTIVE_SHARE = 0.9
const LINKED_SHARE = 0.5
const CAMPAIGN_SHARES = [0.12, 0.58, 0.05, 0.1, 0.15]
/** Reference data is stored this long before the first listen, ms: a run waits for answers over such a gap. */
export const REFERENCE_AHEAD_MS = 300_000

/** Customers, tracks and the model of a run: what its listens refer to. */
export interface ReferenceData {
  readonly customers: readonly Customer[]
  readonly tracks: readonly Track[]
  readonly model: AdTargetModel | null
}

/** An index drawn by shares that add up to 1. */
function drawShare(random: Random, shares: readonly number[]): number {
  let left = random.float()
  const index = shares.findIndex(share => {
    left -= share
    return left < 0
  })
  return Math.max(0, index)
}

/** The id of a reference record: the same row has the same one in every run. */
const idOf = (world: string, kind: string, number: string | number): string =>
  new Random('music', world, kind, number).uuid()

function makeCustomers({ world, customers }: MusicOptions): Customer[] {
  const { person } = createWorld(world)
  return Array.from({ length: customers }, (_, number) => {
    const { account, name, gender, age, address, zip } = person(number)
    const random = new Random('music', world, 'customer', number)
    const signed = new Date(Date.UTC(2012, 0, 1) + random.int(0, 4000) * 86_400_000).toISOString()
    return {
      eventId: random.uuid(),
      CustID: number,
      Name: name,
      Gender: gender === 'female' ? 1 : 0,
      Address: address,
      zip,
      SignDate: `${signed.slice(5, 7)}/${signed.slice(8, 10)}/${signed.slice(0, 4)}`,
      Status: random.chance(ACTIVE_SHARE) ? 1 : 0,
      Level: drawShare(random, LEVEL_SHARES) % levels.length,
      Campaign: drawShare(random, CAMPAIGN_SHARES) % campaigns.length,
      LinkedWithApps: random.chance(LINKED_SHARE) ? 1 : 0,
      Account: account,
      Age: age,
    }
  })
}

function makeTracks({ world, tracks }: MusicOptions): Track[] {
  const labels = ['music', world]
  const titles = fillPool([...labels, 'title'], faker => {
    const words = `${faker.word.adjective()} ${faker.word.noun()}`
    return words.charAt(0).toUpperCase() + words.slice(1)
  })
  const artists = fillPool([...labels, 'artist'], faker => `The ${faker.color.human()} ${faker.animal.type()}s`, 400)
  return Array.from({ length: tracks }, (_, number) => {
    const random = new Random('music', world, 'track', number)
    const [Title, Artist] = [random.pick(titles), random.pick(artists)]
    return { eventId: random.uuid(), TrackId: number, Title, Artist, Length: random.int(120, 420) }
  })
}

/** A model that fits what the simulation plants: who listens on mobile devices and to many different tracks clicks offers. */
const scenarioModel = (world: string): AdTargetModel => ({
  eventId: idOf(world, 'model', 1),
  name: 'ad-target',
  version: 1,
  trainedAt: '2024-03-24T00:00:00.000Z',
  features: [...modelFeatures] as unknown as AdTargetModel['features'],
  coefficients: [0, 0, 0, 0, 8, 11],
  intercept: -12.8,
  threshold: 0.5,
  minPlays: 5,
  error: 0.08,
  baselineError: 0.3,
  examples: 5000,
})

/** The rows of a file, each of which has an id of its own. @throws SimulationError `read_failed` */
function distinct<Row>(path: string, rows: readonly Row[], column: keyof Row & string): readonly Row[] {
  const ids = new Set<unknown>()
  for (const { [column]: id } of rows) {
    if (ids.has(id)) throw simulationError('read_failed', { path, reason: `${column} ${id} occurs twice` })
    ids.add(id)
  }
  if (rows.length === 0) throw simulationError('read_failed', { path, reason: 'it has no rows' })
  return rows
}

const CUSTOMER_COLUMNS = [
  ...['CustID', 'Name', 'Gender', 'Address', 'zip'],
  ...['SignDate', 'Status', 'Level', 'Campaign', 'LinkedWithApps'],
]

function readCustomers(path: string, world: string): readonly Customer[] {
  const rows = readCsv(path, music.topics.customers, {
    columns: CUSTOMER_COLUMNS,
    idOf: ({ CustID = '' }) => idOf(world, 'customer', CustID),
  })
  return distinct(path, rows, 'CustID')
}

function readTracks(path: string, world: string): readonly Track[] {
  const rows = readTracksCsv(path, music.topics.tracks, ({ TrackId = '' }) => idOf(world, 'track', TrackId))
  return distinct(path, rows, 'TrackId')
}

/** @throws SimulationError `read_failed` for files that cannot be read */
export function loadReferenceData(options: MusicOptions): ReferenceData {
  const { world, model } = options
  const [customersFile, tracksFile] = [options['customers-file'], options['tracks-file']]
  return {
    customers: customersFile === undefined ? makeCustomers(options) : readCustomers(customersFile, world),
    tracks: tracksFile === undefined ? makeTracks(options) : readTracks(tracksFile, world),
    model: model === 'scenario' ? scenarioModel(world) : null,
  }
}

/** The reference data as records of one actor, those of other shards left out. */
export function referenceRecords(
  { customers, tracks, model }: ReferenceData,
  shard: Shard,
  atMs: number,
): SimulatedRecord[] {
  const rows = [
    ...customers.map(row => ({ topic: music.topics.customers.name, key: String(row.CustID), row })),
    ...tracks.map(row => ({ topic: music.topics.tracks.name, key: String(row.TrackId), row })),
    ...(model ? [{ topic: music.topics.models.name, key: model.name, row: model }] : []),
  ]
  return rows
    .map(({ topic, key, row }, sequence) => ({
      ...{ topic, key, eventId: row.eventId, value: JSON.stringify(row) },
      ...{ atMs, actor: 0, sequence, fault: null },
    }))
    .filter(({ sequence }) => sequence % shard.count === shard.index - 1)
}
