import { env } from '@millrace/runtime'
import {
  type CommonOptions,
  commonOptionSpecs,
  OptionReader,
  type OptionSpec,
  type Parsed,
  readCommonOptions,
} from '@millrace/simulation'

const MAX_DEVICES = 1_000_000
/** Devices that move together. */
export const GROUP_SIZE = 5

export interface AntennaOptions extends CommonOptions {
  readonly devices: number
  readonly antennas: number
}

/** Every option of the generator, for help texts and the reference. */
export const antennaOptionSpecs: readonly OptionSpec[] = [
  {
    name: 'devices',
    value: '<n>',
    default: '20',
    description: `number of mobile devices; ${GROUP_SIZE} of them move together`,
  },
  { name: 'antennas', value: '<n>', default: '5', description: 'number of antennas' },
  ...commonOptionSpecs,
]

/** Reads the generator's options from text; see `DomainSimulation.parse`. */
export function parseAntennaOptions(values: Readonly<Record<string, string | undefined>>): Parsed<AntennaOptions> {
  const reader = new OptionReader(values, antennaOptionSpecs)
  const common = readCommonOptions(reader)
  const devices = reader.read('devices', env.integer({ min: 1, max: MAX_DEVICES }))
  const antennas = reader.read('antennas', env.integer({ min: 1, max: MAX_DEVICES }))
  const groups = devices === undefined ? undefined : Math.ceil(devices / GROUP_SIZE)
  if (common && groups !== undefined && common.shard.count > groups)
    reader.problem(
      'shard',
      `is ${common.shard.index}/${common.shard.count}, but ${devices} devices make at most ${groups} parts of ${GROUP_SIZE}.`,
    )
  if (reader.problems.length > 0 || !common || !devices || !antennas) return { ok: false, problems: reader.problems }
  return { ok: true, options: Object.freeze({ ...common, devices, antennas }) }
}
