import { env } from '@millrace/runtime'
import { defineOptions, type OptionsOf, worldShape } from '@millrace/simulation'

const MAX_RAIDS = 100_000
/** Players of a raid. */
export const PARTY_SIZE = 8

export const lostarkOptions = defineOptions(
  {
    ...worldShape,
    raids: env
      .integer({ min: 1, max: MAX_RAIDS })
      .prefault('5')
      .meta({ form: '<n>', description: `legion raids at a time, each with a party of ${PARTY_SIZE} players` }),
    unclosed: env
      .ratio()
      .prefault('0.15')
      .meta({ form: '<share>', description: 'share of legion raids that end without closing records' }),
  },
  ({ raids, shard }, tell) => {
    if (raids !== undefined && shard && shard.count > raids)
      tell('shard', `is ${shard.index}/${shard.count}, but ${raids} raids make at most ${raids} parts.`)
  },
)

export type LostarkOptions = OptionsOf<typeof lostarkOptions>
