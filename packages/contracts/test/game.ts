import { z } from 'zod'
import {
  createCatalog,
  defineDomain,
  defineMapping,
  defineTable,
  defineTopic,
  double,
  eventId,
  instant,
  instantField,
  keyField,
  microsOf,
  text,
  timestamp,
} from '../src/index.ts'

/** An event with every kind of field: identifiers, instants, an enumeration, a pattern, limits, numbers, optional fields. */
export const gameRaw = z.looseObject({
  eventId,
  datetime: instant.describe('event time'),
  method: z.enum(['/move', '/wait', '/getItem']),
  ingametime: z.string().regex(/^\d{1,4}:\d{1,2}$/),
  ip: z.string().min(2).max(45),
  x: z.number(),
  y: z.number(),
  deathCount: z.int().min(0),
  id: z.string().min(1).max(64),
  inputkey: z.string().max(32),
  account: z.string().min(1).max(128),
  champion: z.string().min(1).max(64),
  status: z.union([z.literal(0), z.literal(1)]),
  roomID: z.string().min(1).max(128).optional(),
  createRoomDate: instant.optional(),
})
export const gameCurated = gameRaw.extend({
  roomDay: z.iso.date(),
  'x+y': z.number(),
  buyItem: z.union([z.literal(0), z.literal(1)]),
  displacement: z.number().min(0).nullable(),
  elapsedMs: z.int().min(0).nullable(),
  speed: z.number().min(0).nullable(),
})

const account = { keyOf: keyField('account'), eventTimeMs: instantField('datetime') } as const
const raw = defineTopic({ ...account, name: 'game.raw', schema: gameRaw, why: 'Actions of players.' })
const curated = defineTopic({
  ...account,
  name: 'game.curated',
  schema: gameCurated,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Actions with derived columns.',
})
const truth = defineTopic({
  ...account,
  name: 'game.truth',
  schema: z.looseObject({
    eventId,
    datetime: instant,
    account: gameRaw.shape.account,
    cheater: z.boolean(),
    cheat: z.string(),
  }),
  why: 'What is known of players.',
})
const scores = defineTopic({
  ...account,
  name: 'game.scores',
  schema: z.looseObject({
    eventId,
    datetime: instant,
    account: gameRaw.shape.account,
    contributions: z.array(z.object({ feature: z.string(), share: z.number() })),
  }),
  why: 'Scores of players.',
})
const analysis = defineTable({
  name: 'game_analysis',
  description: 'Actions by player.',
  partitionKey: ['account'],
  clusteringKey: [{ column: 'datetime', order: 'desc' }],
  columns: { account: text('player'), datetime: timestamp('event time'), x: double('pointer position') },
})
const scoresByPlayer = defineTable({
  name: 'game_scores_by_player',
  description: 'Scores by player.',
  partitionKey: ['account'],
  clusteringKey: [{ column: 'datetime', order: 'desc' }],
  columns: { account: text('player'), datetime: timestamp('event time') },
})

const game = defineDomain({
  name: 'game',
  title: 'A game',
  topics: { raw, curated, truth, scores },
  tables: [analysis, scoresByPlayer],
  mappings: [
    defineMapping(curated, analysis, ({ account, datetime, x }) => ({
      writeTimeMicros: microsOf(Date.parse(datetime)),
      values: { account, datetime: Date.parse(datetime), x },
    })),
    defineMapping(scores, scoresByPlayer, ({ account, datetime }) => ({
      writeTimeMicros: microsOf(Date.parse(datetime)),
      values: { account, datetime: Date.parse(datetime) },
    })),
  ],
})

export const gameCatalog = createCatalog([game])
