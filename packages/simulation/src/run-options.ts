import { instantMs } from '@millrace/contracts'
import { ConfigError, env, readSettings, type Secret, type Texts, unknownNames, type Values } from '@millrace/runtime'
import type { z } from 'zod'
import { type FaultRates, noFaults, parseFaultRates } from './fault-rates.ts'
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
      readonly concurrency: number
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
  /** Part of the seed of what happens, not of who takes part; undefined: the start itself when that is `now`, else none. */
  readonly incarnation: string | undefined
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
  readonly goldenFile: string | undefined
  /** A recorded file that is sent in place of simulated events. */
  readonly replay: string | undefined
  /** Whether the scenario's reference records are sent before a recorded file. */
  readonly reference: 'scenario' | 'none'
  readonly sink: SinkOptions
}

const start = env.parsed('now or an instant such as 2024-03-24T11:00:00.000Z', text => {
  if (text === 'now') return 'now' as const
  const ms = instantMs(text)
  return Number.isNaN(ms) ? undefined : ms
})
const duration = env.parsed('a time such as 90s, 60m or 2h, or forever', text => {
  if (text === 'forever') return Number.POSITIVE_INFINITY
  const result = env.duration().safeParse(text)
  return result.success && result.data > 0 ? result.data : undefined
})
const speed = env.parsed(
  'max or a number above 0, such as 1 or 60',
  (text): Speed | undefined => {
    if (text === 'max') return 'max'
    const value = /^\d*\.?\d+$/.test(text) ? Number(text) : 0
    return value > 0 ? value : undefined
  },
  { type: ['number', 'string'], minLength: 1 },
)
const shard = env.parsed('<i>/<n> with i from 1 to n, such as 1/4', (text): Shard | undefined => {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number)
  return index !== undefined && count !== undefined && index >= 1 && index <= count ? { index, count } : undefined
})
const faults = env.text().transform((text, context) => {
  const { rates, problems } = parseFaultRates(text)
  for (const message of problems) context.addIssue({ code: 'custom', message })
  return rates
})
const url = env.parsed('an address such as http://127.0.0.1:8080', text => {
  const parsed = URL.parse(text)
  return parsed && /^https?:$/.test(parsed.protocol) && !parsed.search && !parsed.hash ? text : undefined
})
const apiKey = env
  .secret()
  .refine(key => /^[\x21-\x7e]+$/.test(key.reveal()), { error: 'expected a key, without spaces or line breaks' })

/** Options of every generator; the metadata `form` and `description` are for help and reference. */
const commonShape = {
  seed: env.text().prefault('42').meta({ form: '<text>', description: 'same seed, same bytes' }),
  start: start
    .prefault('2024-03-24T11:00:00.000Z')
    .meta({ form: '<instant>|now', description: 'when the simulation begins' }),
  incarnation: env.text().optional().meta({
    form: '<text>',
    description: 'makes other events of the same players; with --start now it is the start unless given',
  }),
  duration: duration
    .prefault('60m')
    .meta({ form: '<time>|forever', description: 'simulated time, such as 90s, 60m or 2h' }),
  speed: speed.prefault('max').meta({
    form: '1|60|max',
    description: 'simulated seconds per second; max is as fast as the sink takes it',
  }),
  shard: shard
    .prefault('1/1')
    .meta({ form: '<i>/<n>', description: 'make only the i-th of n parts; together they are the whole' }),
  skip: env.integer().prefault('0').meta({
    form: '<n>',
    description: 'leave out the first n records: the position that an earlier run ended with',
  }),
  batch: env
    .integer({ min: 1, max: MAX_BATCH })
    .prefault('1000')
    .meta({ form: '<n>', description: `records sent together, at most ${MAX_BATCH}` }),
  faults: faults
    .optional()
    .meta({ form: '<fault>=<share>,…', description: 'dup, late, out-of-order, malformed, missing-field, burst' }),
  manifest: env
    .text()
    .optional()
    .meta({ form: '<file>', description: 'list every injected fault with its event id (NDJSON)' }),
  refused: env
    .text()
    .optional()
    .meta({ form: '<file>', description: 'list every record that the sink refused (NDJSON)' }),
  ledger: env.text().optional().meta({ form: '<folder>', description: 'write down the ids of acknowledged events' }),
  golden: env.text().optional().meta({
    form: '<file>',
    description: 'write the golden answers: the rows of derived tables that follow from what was sent (NDJSON)',
  }),
  replay: env
    .text()
    .optional()
    .meta({ form: '<file>', description: 'send the events of a recorded file (NDJSON) in place of simulated ones' }),
  reference: env
    .oneOf(REFERENCES)
    .prefault('scenario')
    .meta({
      form: REFERENCES.join('|'),
      description: 'reference data that is sent before a recorded file: that of the simulated scenario, or none',
    }),
  sink: env
    .oneOf(SINKS)
    .prefault('stdout')
    .meta({ form: SINKS.join('|'), description: 'where records go' }),
  'gateway-url': url.prefault('http://127.0.0.1:8080').meta({ form: '<url>', description: 'address of the gateway' }),
  'api-key': apiKey.optional().meta({ form: '<key>', description: 'key for the gateway' }),
  gzip: env.boolean().prefault('false').meta({ form: 'true|false', description: 'compress what goes to the gateway' }),
  concurrency: env.integer({ min: 1, max: 64 }).prefault('4').meta({
    form: '<n>',
    description: 'requests to the gateway at a time; the events of a player are sent one request after another',
  }),
  out: env
    .text()
    .optional()
    .meta({ form: '<file>', description: 'file for events; the truth goes beside it, as <name>.truth.<extension>' }),
} as const

type CommonValues = Values<typeof commonShape>

/** Options that mean something for one sink only. */
const SINK_OF: Readonly<Record<string, (typeof SINKS)[number]>> = {
  'gateway-url': 'gateway',
  'api-key': 'gateway',
  gzip: 'gateway',
  concurrency: 'gateway',
  out: 'file',
}

type ReplayRule = 'ever' | 'without reference data'

/** Options that mean something for simulated events only, or there and with the scenario's reference data before recorded ones. */
const NOT_WITH_REPLAY: Readonly<Record<string, ReplayRule>> = {
  seed: 'without reference data',
  start: 'without reference data',
  incarnation: 'ever',
  duration: 'ever',
  shard: 'ever',
  faults: 'ever',
  manifest: 'ever',
  golden: 'ever',
}

/** Tells what is wrong with an option: a sentence that begins after its name. */
type Tell = (option: string, message: string) => void

function checkCommon({ sink }: Partial<CommonValues>, given: Texts, tell: Tell): void {
  for (const [option, owner] of Object.entries(SINK_OF))
    if (sink && owner !== sink && given[option] !== undefined)
      tell(option, `is for the sink ${owner}, but the sink is ${sink}.`)
  if (sink === 'file' && given.out === undefined) tell('out', 'is missing: the sink file needs to know where to write.')
  if (sink === 'gateway' && given['api-key'] === undefined)
    tell('api-key', 'is missing: the sink gateway needs one ("millrace keys create" makes one).')
  if (given.manifest !== undefined && given.faults === undefined)
    tell('manifest', 'has nothing to list: it needs faults as well.')
  if (given.reference !== undefined && given.replay === undefined)
    tell('reference', 'means something for recorded files only: it needs replay as well.')
  if (given.replay !== undefined && sink === 'kafka')
    tell('replay', 'needs the sink gateway, file or stdout: the gateway validates what was recorded elsewhere.')
}

/** @param own the domain's own options, which describe its scenario */
function checkReplay(
  reference: CommonValues['reference'] | undefined,
  own: readonly string[],
  given: Texts,
  tell: Tell,
): void {
  const rules: Record<string, ReplayRule> = { ...NOT_WITH_REPLAY }
  for (const option of own) rules[option] = 'without reference data'
  for (const [option, rule] of Object.entries(rules)) {
    if (given[option] === undefined) continue
    if (rule === 'ever') tell(option, 'means something for simulated events only: leave it out with replay.')
    else if (reference === 'none')
      tell(option, 'means something for simulated events and reference data only: leave it out.')
  }
}

const commonOptions = (values: CommonValues): CommonOptions => ({
  seed: values.seed,
  start: values.start,
  incarnation: values.incarnation,
  durationMs: values.duration,
  speed: values.speed,
  shard: values.shard,
  skip: values.skip,
  batchRecords: values.batch,
  faults: values.faults ?? noFaults,
  manifestFile: values.manifest,
  refusedFile: values.refused,
  ledger: values.ledger,
  goldenFile: values.golden,
  replay: values.replay,
  reference: values.reference,
  sink: sinkOptions(values),
})

/** `checkCommon` has seen to it that a sink has what it needs. */
function sinkOptions({ sink: kind, gzip, concurrency, out, ...values }: CommonValues): SinkOptions {
  if (kind === 'gateway') return { kind, url: values['gateway-url'], apiKey: values['api-key']!, gzip, concurrency }
  return kind === 'file' ? { kind, out: out! } : { kind }
}

/**
 * The options of a domain's generator: its own and those of every generator.
 * @param own shape of its own options, with the metadata `form` and `description`
 * @param check tells what is wrong between options; those that could not be read are missing in `values`
 */
export function defineOptions<S extends z.ZodRawShape>(
  own: S,
  check: (values: Partial<Values<S>> & Partial<CommonValues>, tell: Tell, given: Texts) => void,
) {
  const optionShape = { ...own, ...commonShape }
  return {
    optionShape,
    /** See `DomainSimulation.parse`. */
    parse(given: Texts, nameOf = (option: string): string => option): Readonly<CommonOptions & Values<S>> {
      const mine = readSettings(given, own, nameOf)
      const common = readSettings(given, commonShape, nameOf)
      const problems = [...unknownNames(given, Object.keys(optionShape), nameOf), ...common.problems, ...mine.problems]
      const tell: Tell = (option, message) => problems.push(`${nameOf(option)} ${message}`)
      checkCommon(common.values, given, tell)
      if (given.replay !== undefined) checkReplay(common.values.reference, Object.keys(own), given, tell)
      check({ ...mine.values, ...common.values }, tell, given)
      if (problems.length > 0 || !mine.complete || !common.complete) throw new ConfigError(problems)
      return Object.freeze({ ...mine.complete, ...commonOptions(common.complete) })
    },
  }
}

/** What `parse` of a domain's options answers. */
export type OptionsOf<D extends { parse(given: Texts): CommonOptions }> = ReturnType<D['parse']>
