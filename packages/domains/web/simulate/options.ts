import { env } from '@millrace/runtime'
import { defineOptions, type OptionsOf, worldShape } from '@millrace/simulation'

const MAX_VISITORS = 1_000_000

export const webOptions = defineOptions(
  {
    visitors: env
      .integer({ min: 1, max: MAX_VISITORS })
      .prefault('100')
      .meta({ form: '<n>', description: 'number of visitors of the shop' }),
    ...worldShape,
  },
  ({ visitors, shard }, tell) => {
    if (visitors !== undefined && shard && shard.count > visitors)
      tell('shard', `is ${shard.index}/${shard.count}, but there are ${visitors} visitors.`)
  },
)

export type WebOptions = OptionsOf<typeof webOptions>
