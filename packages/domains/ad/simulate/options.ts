import { env } from '@millrace/runtime'
import { defineOptions, type OptionsOf, worldShape } from '@millrace/simulation'

const MAX_VIEWERS = 1_000_000
const MAX_CAMPAIGNS = 10_000

export const adOptions = defineOptions(
  {
    ...worldShape,
    viewers: env
      .integer({ min: 1, max: MAX_VIEWERS })
      .prefault('1000')
      .meta({ form: '<n>', description: 'number of people who are shown ads' }),
    campaigns: env
      .integer({ min: 1, max: MAX_CAMPAIGNS })
      .prefault('20')
      .meta({ form: '<n>', description: 'number of advertising campaigns' }),
  },
  ({ viewers, shard }, tell) => {
    if (viewers !== undefined && shard && shard.count > viewers)
      tell('shard', `is ${shard.index}/${shard.count}, but there are ${viewers} viewers.`)
  },
)

export type AdOptions = OptionsOf<typeof adOptions>
