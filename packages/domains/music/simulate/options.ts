import { env } from '@millrace/runtime'
import { defineOptions, type OptionsOf, worldShape } from '@millrace/simulation'

const MAX_CUSTOMERS = 10_000_000
const MAX_TRACKS = 1_000_000
const MODELS = ['scenario', 'none'] as const

export const musicOptions = defineOptions(
  {
    ...worldShape,
    customers: env
      .integer({ min: 1, max: MAX_CUSTOMERS })
      .prefault('5000')
      .meta({ form: '<n>', description: 'number of customers' }),
    tracks: env
      .integer({ min: 1, max: MAX_TRACKS })
      .prefault('1750')
      .meta({ form: '<n>', description: 'number of tracks' }),
    'customers-file': env
      .text()
      .optional()
      .meta({ form: '<file>', description: 'customers of a CSV file in place of made-up ones' }),
    'tracks-file': env
      .text()
      .optional()
      .meta({ form: '<file>', description: 'tracks of a CSV file in place of made-up ones' }),
    'listens-per-day': env
      .integer({ min: 1, max: 1_000_000 })
      .prefault('24')
      .meta({ form: '<n>', description: 'listens of a customer in a day, on average' }),
    model: env
      .oneOf(MODELS)
      .prefault('scenario')
      .meta({
        form: MODELS.join('|'),
        description: 'model for advertising targets that is published first: one that fits the customers, or none',
      }),
  },
  ({ customers, shard }, tell, given) => {
    if (given.customers !== undefined && given['customers-file'] !== undefined)
      tell('customers', 'is given beside customers-file, which says how many there are: leave one out.')
    if (given.tracks !== undefined && given['tracks-file'] !== undefined)
      tell('tracks', 'is given beside tracks-file, which says how many there are: leave one out.')
    if (customers !== undefined && shard && shard.count > customers)
      tell('shard', `is ${shard.index}/${shard.count}, but there are ${customers} customers.`)
  },
)

export type MusicOptions = OptionsOf<typeof musicOptions>
