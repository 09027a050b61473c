import { env } from '@millrace/runtime'
import { defineOptions, type OptionsOf } from '@millrace/simulation'

const MAX_DEVICES = 1_000_000
/** Devices that move together. */
export const GROUP_SIZE = 5

export const antennaOptions = defineOptions(
  {
    devices: env
      .integer({ min: 1, max: MAX_DEVICES })
      .prefault('20')
      .meta({ form: '<n>', description: `number of mobile devices; ${GROUP_SIZE} of them move together` }),
    antennas: env
      .integer({ min: 1, max: MAX_DEVICES })
      .prefault('5')
      .meta({ form: '<n>', description: 'number of antennas' }),
  },
  ({ devices, shard }, tell) => {
    if (devices === undefined || !shard) return
    const groups = Math.ceil(devices / GROUP_SIZE)
    if (shard.count > groups)
      tell(
        'shard',
        `is ${shard.index}/${shard.count}, but ${devices} devices make at most ${groups} parts of ${GROUP_SIZE}.`,
      )
  },
)

export type AntennaOptions = OptionsOf<typeof antennaOptions>
