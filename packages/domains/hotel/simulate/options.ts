import { env } from '@millrace/runtime'
import { defineOptions, type OptionsOf, worldShape } from '@millrace/simulation'

const MAX_GUESTS = 1_000_000
const MAX_PLACES = 1_000_000

export const hotelOptions = defineOptions(
  {
    guests: env
      .integer({ min: 1, max: MAX_GUESTS })
      .prefault('100')
      .meta({ form: '<n>', description: 'number of guests of the booking site' }),
    places: env
      .integer({ min: 1, max: MAX_PLACES })
      .prefault('50')
      .meta({ form: '<n>', description: 'number of places that can be booked, from 0' }),
    ...worldShape,
  },
  ({ guests, shard }, tell) => {
    if (guests !== undefined && shard && shard.count > guests)
      tell('shard', `is ${shard.index}/${shard.count}, but there are ${guests} guests.`)
  },
)

export type HotelOptions = OptionsOf<typeof hotelOptions>
