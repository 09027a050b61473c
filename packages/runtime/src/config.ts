import { z } from 'zod'

/*
 * Every service declares its environment in one schema: keys are the variable names without the prefix, values are built
 * from `env` below. Nothing is coerced loosely: "" is not 0 and "false" is not true.
 */

const PREFIX = 'MILLRACE_'
const BYTE_UNITS: Record<string, number> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }
const TIME_UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A text that `parse` understands; undefined says that it does not. `meta` is JSON Schema. */
const parsed = <T>(
  expected: string,
  parse: (text: string) => T | undefined,
  meta: Readonly<Record<string, unknown>> = { type: 'string', minLength: 1 },
) =>
  z
    .string()
    .transform((text, context): T => {
      const value = parse(text)
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: `expected ${expected}` })
      return z.NEVER
    })
    .meta({ expected, ...meta })

const scaled = (units: Readonly<Record<string, number>>, pattern: RegExp, expected: string) =>
  parsed(
    expected,
    text => {
      const match = pattern.exec(text.trim())
      return match ? Number(match[1]) * units[match[2] ?? '']! : undefined
    },
    { type: units === BYTE_UNITS ? ['integer', 'string'] : 'string', pattern: pattern.source },
  )

/* What each takes is told twice: to whoever sets a variable, by the message, and to tools, by metadata that JSON Schema
   understands. There a number may stand for its text, as YAML writes it. */
export const env = {
  parsed,
  text: () =>
    z
      .string()
      .min(1, { error: 'expected a text that is not empty' })
      .meta({ type: ['string', 'number', 'boolean'], expected: 'a text' }),
  integer: ({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) =>
    parsed(
      `a whole number from ${min} to ${max}`,
      text => {
        const value = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
        return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined
      },
      { type: ['integer', 'string'], minimum: min, maximum: max, pattern: '^-?\\d+$' },
    ),
  ratio: () =>
    parsed(
      'a number from 0 to 1',
      text => {
        const value = /^\d*\.?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
        return value <= 1 ? value : undefined
      },
      { type: ['number', 'string'], minimum: 0, maximum: 1, pattern: '^\\d*\\.?\\d+$' },
    ),
  boolean: () =>
    z
      .enum(['true', 'false'], { error: 'expected true or false' })
      .transform(text => text === 'true')
      .meta({ type: ['boolean', 'string'], enum: [true, false, 'true', 'false'], expected: 'true or false' }),
  /** Milliseconds, written `250ms`, `30s`, `5m`, `2h` or `7d`. */
  duration: () => scaled(TIME_UNITS, /^(\d+)(ms|s|m|h|d)$/, 'a duration such as 250ms, 30s, 5m, 2h or 7d'),
  /** Bytes, written `1048576`, `512KiB`, `64MiB` or `2GiB`. */
  bytes: () => scaled(BYTE_UNITS, /^(\d+)(KiB|MiB|GiB)?$/, 'a size such as 1048576, 512KiB, 64MiB or 2GiB'),
  list: () =>
    parsed(
      'one or more values, separated by commas',
      text => {
        const items = text
          .split(',')
          .map(item => item.trim())
          .filter(item => item !== '')
        return items.length > 0 ? items : undefined
      },
      { type: 'string', expected: 'values, separated by commas' },
    ),
  /** A list of `<name>=<value>` with one value for a name; `parse` returns undefined where a value is not right. */
  byName: <T>(expected: string, parse: (text: string, name: string) => T | undefined) =>
    env
      .list()
      .transform((entries, context): ReadonlyMap<string, T> => {
        const values = new Map<string, T>()
        for (const entry of entries) {
          const [name = '', text = '', ...rest] = entry.split('=').map(part => part.trim())
          const value = parse(text, name)
          if (name === '' || value === undefined || rest.length > 0 || values.has(name)) {
            const got = values.has(name) ? `${name} twice` : JSON.stringify(entry)
            context.addIssue({ code: 'custom', message: `expected ${expected}, got ${got}` })
            return z.NEVER
          }
          values.set(name, value)
        }
        return values
      })
      .meta({ type: 'string', expected }),
  oneOf: <const T extends readonly [string, ...string[]]>(choices: T) =>
    z
      .enum(choices, { error: `expected one of ${choices.join(', ')}` })
      .meta({ expected: `one of ${choices.join(', ')}` }),
  /** A string that is never printed. */
  secret: () =>
    env
      .text()
      .transform(text => new Secret(text))
      .meta({ secret: true, expected: 'a secret' }),
}

/** A secret string: it prints as `[redacted]`, and `reveal` returns it. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[redacted]'
  }
  toJSON(): string {
    return '[redacted]'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]'
  }
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.map(line => `  - ${line}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/** The name in `known` that is nearest to `name`, if it is close enough to be a typing error. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const scored = known.map(candidate => ({
    candidate,
    distance: editDistance(name.toLowerCase(), candidate.toLowerCase()),
  }))
  const best = scored.sort((a, b) => a.distance - b.distance)[0]
  return best && best.distance <= Math.max(2, Math.floor(name.length / 3)) ? best.candidate : undefined
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1))
    }
    previous = current
  }
  return previous[b.length]!
}

/** Texts by name, as the environment and a command line have them; undefined is one that was not given. */
export type Texts = Readonly<Record<string, string | undefined>>
/** What the schemas of a shape make of texts. */
export type Values<S extends z.ZodRawShape> = Readonly<z.output<z.ZodObject<S>>>

/**
 * Reads every setting of a shape by itself.
 * @param nameOf how a name is written where its text comes from
 * @returns `values`: what could be read; `complete`: the same where there is no problem, else null
 */
export function readSettings<S extends z.ZodRawShape>(
  given: Texts,
  shape: S,
  nameOf: (name: string) => string,
): {
  readonly values: Partial<Values<S>>
  readonly complete: Values<S> | null
  readonly problems: readonly string[]
} {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(shape)) {
    const text = given[name]
    const result = z.safeParse(schema, text)
    if (result.success) values[name] = result.data
    else if (text === undefined) problems.push(`${nameOf(name)} is missing: a value is needed.`)
    else
      for (const { message } of result.error.issues)
        problems.push(`${nameOf(name)} is ${isSecret(schema) ? '[redacted]' : JSON.stringify(text)}: ${message}.`)
  }
  const read = values as Values<S>
  return { values: read, complete: problems.length === 0 ? read : null, problems }
}

const isSecret = (schema: z.core.$ZodType): boolean => z.toJSONSchema(schema, { io: 'input' }).secret === true

/** One problem for each name in `given` that is not known. */
export function unknownNames(given: Texts, known: readonly string[], nameOf: (name: string) => string): string[] {
  return Object.keys(given)
    .filter(name => given[name] !== undefined && !known.includes(name))
    .map(name => {
      const suggestion = nearest(name, known)
      const hint = suggestion ? `Did you mean ${nameOf(suggestion)}?` : `Known: ${known.map(nameOf).join(', ')}.`
      return `${nameOf(name)} is not known here. ${hint}`
    })
}

/**
 * Reads a service's configuration from the environment.
 * @param variables the environment, usually `process.env`
 * @param shape variable names without `MILLRACE_`, each with its schema; wrap with `.prefault(text)` or `.optional()`
 * @returns the parsed values, frozen
 * @throws ConfigError that lists every problem: the value, what was expected, and unknown names with our prefix
 */
export function loadConfig<S extends z.ZodRawShape>(variables: Texts, shape: S): Values<S> {
  const given = Object.fromEntries(
    Object.entries(variables)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, text]) => [name.slice(PREFIX.length), text]),
  )
  const nameOf = (name: string): string => PREFIX + name
  const { complete, problems } = readSettings(given, shape, nameOf)
  const unknown = unknownNames(given, Object.keys(shape), nameOf)
  if (unknown.length > 0 || !complete) throw new ConfigError([...unknown, ...problems])
  return Object.freeze(complete)
}
