import { wireInstant } from '@millrace/contracts'
import { env, Secret } from '@millrace/runtime'
import { type FaultRates, noFaults, parseFaultRates } from './fault-rates.ts'
import type { OptionReader, OptionSpec } from './option-reader.ts'
import type { Speed } from './pacing.ts'

const SINKS = ['gateway', 'kafka', 'file', 'stdout'] as const
const REFERENCES = ['scenario', 'none'] as const
const MAX_BATCH = 10_000

export type SinkOptions =
  | {
      readonly kind: 'gateway'
      readonly url: string
      readonly apiKey: Secret
      readonly gzip: boolean
      readonly lanes: number
    }
  | { readonly kind: 'kafka' }
  | { readonly kind: 'file'; readonly out: string }
  | { readonly kind: 'stdout' }

/** One of `count` generators that together make the stream; `index` counts from 1. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** What every generator can be told, whatever it generates. */
export interface CommonOptions {
  readonly seed: string
  /** Virtual time at which the simulation begins, ms since the epoch. */
  readonly start: number | 'now'
  /** Part of the seed of what happens, not of who takes part; null: the start itself when that is `now`, else none. */
  readonly incarnation: string | null
  /** Virtual time covered, ms; Infinity never ends. */
  readonly durationMs: number
  readonly speed: Speed
  readonly shard: Shard
  readonly skip: number
  readonly batchRecords: number
  readonly faults: FaultRates
  readonly manifestFile: string | undefined
  readonly refusedFile: string | undefined
  readonly ledger: string | undefined
  /** A recorded file that is sent in place of simulated events. */
  readonly replay: string | undefined
  /** Whether the scenario's reference records are sent before a recorded file. */
  readonly reference: 'scenario' | 'none'
  readonly sink: SinkOptions
}

export const commonOptionSpecs: readonly OptionSpec[] = [
  { name: 'seed', value: '<text>', default: '42', description: 'same seed, same bytes' },
  {
    name: 'start',
    value: '<instant>|now',
    default: '2024-03-24T11:00:00.000Z',
    description: 'when the simulation begins',
  },
  {
    name: 'incarnation',
    value: '<text>',
    description: 'makes other events of the same players; with --start now it is the start unless given',
  },
  { name: 'duration', value: '<time>|forever', default: '60m', description: 'simulated time, such as 90s, 60m or 2h' },
  {
    name: 'speed',
    value: '1|60|max',
    default: 'max',
    description: 'simulated seconds per second; max is as fast as the sink takes it',
  },
  {
    name: 'shard',
    value: '<i>/<n>',
    default: '1/1',
    description: 'make only the i-th of n parts; together they are the whole',
  },
  {
    name: 'skip',
    value: '<n>',
    default: '0',
    description: 'leave out the first n records: the position that an earlier run ended with',
  },
  { name: 'batch', value: '<n>', default: '1000', description: `records sent together, at most ${MAX_BATCH}` },
  {
    name: 'faults',
    value: '<fault>=<share>,…',
    description: 'dup, late, out-of-order, malformed, missing-field, burst',
  },
  { name: 'manifest', value: '<file>', description: 'list every injected fault with its event id (NDJSON)' },
  { name: 'refused', value: '<file>', description: 'list every record that the sink refused (NDJSON)' },
  { name: 'ledger', value: '<folder>', description: 'write down the ids of acknowledged events' },
  {
    name: 'replay',
    value: '<file>',
    description: 'send the events of a recorded file (NDJSON) in place of simulated ones',
  },
  {
    name: 'reference',
    value: REFERENCES.join('|'),
    default: 'scenario',
    description: 'reference data that is sent before a recorded file: that of the simulated scenario, or none',
  },
  { name: 'sink', value: SINKS.join('|'), default: 'stdout', description: 'where records go' },
  { name: 'gateway-url', value: '<url>', default: 'http://127.0.0.1:8080', description: 'address of the gateway' },
  { name: 'api-key', value: '<key>', description: 'key for the gateway' },
  { name: 'gzip', value: 'true|false', default: 'false', description: 'compress what goes to the gateway' },
  {
    name: 'lanes',
    value: '<n>',
    default: '4',
    description: 'requests to the gateway at a time; a player keeps to one lane',
  },
  {
    name: 'out',
    value: '<file>',
    description: 'file for events; the truth goes beside it, as <name>.truth.<extension>',
  },
]

/** Options that mean something for one sink only. */
const SINK_OF: Readonly<Record<string, (typeof SINKS)[number]>> = {
  'gateway-url': 'gateway',
  'api-key': 'gateway',
  gzip: 'gateway',
  lanes: 'gateway',
  out: 'file',
}

const custom = <T>(expected: string, parse: (text: string) => T | undefined) => ({
  safeParse(text: string) {
    const data = parse(text)
    return data === undefined
      ? ({ success: false, error: { issues: [{ message: `expected ${expected}` }] } } as const)
      : ({ success: true, data } as const)
  },
})

const start = custom('now or an instant such as 2024-03-24T11:00:00.000Z', text => {
  if (text === 'now') return 'now' as const
  const ms = Date.parse(String(wireInstant(text)))
  // Date.parse takes 30 February for 1 March.
  const isRealDay = new Date(Date.parse(text.slice(0, 10)) || 0).toISOString().startsWith(text.slice(0, 10))
  return isRealDay && /^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(ms) ? ms : undefined
})
const duration = custom('a time such as 90s, 60m or 2h, or forever', text => {
  if (text === 'forever') return Number.POSITIVE_INFINITY
  const result = env.duration().safeParse(text)
  return result.success && result.data > 0 ? result.data : undefined
})
const speed = custom('max or a number above 0, such as 1 or 60', (text): Speed | undefined => {
  if (text === 'max') return 'max'
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : 0
  return value > 0 ? value : undefined
})
const shard = custom('<i>/<n> with i from 1 to n, such as 1/4', (text): Shard | undefined => {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number)
  return index !== undefined && count !== undefined && index >= 1 && index <= count ? { index, count } : undefined
})
const url = custom('an address such as http://127.0.0.1:8080', text => {
  const parsed = URL.parse(text)
  return parsed && /^https?:$/.test(parsed.protocol) && !parsed.search && !parsed.hash ? text : undefined
})

/** Reads the common options; null when any of them has a problem, which `reader` then holds. */
export function readCommonOptions(reader: OptionReader): CommonOptions | null {
  const before = reader.problems.length
  const values = {
    seed: reader.read('seed', env.text()),
    start: reader.read('start', start),
    durationMs: reader.read('duration', duration),
    speed: reader.read('speed', speed),
    shard: reader.read('shard', shard),
    skip: reader.read('skip', env.integer()),
    batchRecords: reader.read('batch', env.integer({ min: 1, max: MAX_BATCH })),
    reference: reader.read('reference', env.oneOf(REFERENCES)),
    sink: readSink(reader),
  }
  const common = {
    incarnation: reader.read('incarnation', env.text()) ?? null,
    faults: readFaults(reader),
    manifestFile: reader.read('manifest', env.text()),
    refusedFile: reader.read('refused', env.text()),
    ledger: reader.read('ledger', env.text()),
    replay: reader.read('replay', env.text()),
  }
  if (reader.isGiven('manifest') && !reader.isGiven('faults'))
    reader.problem('manifest', 'has nothing to list: it needs faults as well.')
  if (reader.isGiven('reference') && !reader.isGiven('replay'))
    reader.problem('reference', 'means something for recorded files only: it needs replay as well.')
  if (reader.isGiven('replay') && values.sink?.kind === 'kafka')
    reader.problem(
      'replay',
      'needs the sink gateway, file or stdout: the gateway validates what was recorded elsewhere.',
    )
  return reader.problems.length === before && isWhole(values) ? { ...values, ...common } : null
}

function isWhole<T extends object>(values: T): values is { [K in keyof T]: Exclude<T[K], undefined | null> } {
  return Object.values(values).every(value => value !== undefined && value !== null)
}

function readFaults(reader: OptionReader): FaultRates {
  const text = reader.text('faults')
  if (text === undefined) return noFaults
  const { rates, problems } = parseFaultRates(text)
  for (const problem of problems) reader.problem('faults', `is ${JSON.stringify(text)}: ${problem}.`)
  return rates
}

function readSink(reader: OptionReader): SinkOptions | null {
  const kind = reader.read('sink', env.oneOf(SINKS))
  if (!kind) return null
  for (const [option, owner] of Object.entries(SINK_OF))
    if (owner !== kind && reader.isGiven(option))
      reader.problem(option, `is for the sink ${owner}, but the sink is ${kind}.`)
  if (kind === 'kafka' || kind === 'stdout') return { kind }
  if (kind === 'file') {
    const out = reader.read('out', env.text())
    if (out === undefined && !reader.isGiven('out'))
      reader.problem('out', 'is missing: the sink file needs to know where to write.')
    return out === undefined ? null : { kind, out }
  }
  const address = reader.read('gateway-url', url)
  const apiKey = reader.text('api-key')
  const gzip = reader.read('gzip', env.boolean())
  const lanes = reader.read('lanes', env.integer({ min: 1, max: 64 }))
  if (!apiKey) reader.problem('api-key', 'is missing: the sink gateway needs one ("millrace keys create" makes one).')
  else if (!/^[\x21-\x7e]+$/.test(apiKey))
    reader.problem('api-key', 'has characters that no key has, such as spaces or line breaks.')
  else if (address !== undefined && gzip !== undefined && lanes !== undefined)
    return { kind, url: address, apiKey: new Secret(apiKey), gzip, lanes }
  return null
}
