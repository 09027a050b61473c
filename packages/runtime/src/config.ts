import { z } from 'zod'

/*
 * Every service declares its environment in one schema: keys are the variable names without the prefix, values are built
 * from `env` below. Nothing is coerced loosely: "" is not 0 and "false" is not true.
 */

const PREFIX = 'MILLRACE_'
const BYTE_UNITS: Record<string, number> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }
const TIME_UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const scaled = (units: Record<string, number>, pattern: RegExp, expected: string) =>
  z
    .string()
    .transform((text, context) => {
      const match = pattern.exec(text.trim())
      const unit = match ? units[match[2] ?? ''] : undefined
      if (match && unit !== undefined) return Number(match[1]) * unit
      context.addIssue({ code: 'custom', message: `expected ${expected}` })
      return z.NEVER
    })
    .meta({ type: units === BYTE_UNITS ? ['integer', 'string'] : 'string', pattern: pattern.source, expected })

/* What each takes is told twice: to whoever sets a variable, by the message, and to tools, by metadata that JSON Schema
   understands. There a number may stand for its text, as YAML writes it. */
export const env = {
  text: () =>
    z
      .string()
      .min(1, { error: 'expected a text that is not empty' })
      .meta({ type: ['string', 'number', 'boolean'], expected: 'a text' }),
  integer: ({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) => {
    const expected = `a whole number from ${min} to ${max}`
    return z
      .string()
      .transform((text, context) => {
        const value = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
        if (Number.isSafeInteger(value) && value >= min && value <= max) return value
        context.addIssue({ code: 'custom', message: `expected ${expected}` })
        return z.NEVER
      })
      .meta({ type: ['integer', 'string'], minimum: min, maximum: max, pattern: '^-?\\d+$', expected })
  },
  ratio: () =>
    z
      .string()
      .transform((text, context) => {
        const value = /^\d*\.?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
        if (value >= 0 && value <= 1) return value
        context.addIssue({ code: 'custom', message: 'expected a number from 0 to 1' })
        return z.NEVER
      })
      .meta({
        type: ['number', 'string'],
        minimum: 0,
        maximum: 1,
        pattern: '^\\d*\\.?\\d+$',
        expected: 'a number from 0 to 1',
      }),
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
    z
      .string()
      .transform((text, context) => {
        const items = text
          .split(',')
          .map(item => item.trim())
          .filter(item => item !== '')
        if (items.length > 0) return items
        context.addIssue({ code: 'custom', message: 'expected one or more values, separated by commas' })
        return z.NEVER
      })
      .meta({ type: 'string', expected: 'values, separated by commas' }),
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

/**
 * Reads a service's configuration from the environment.
 * @param variables the environment, usually `process.env`
 * @param shape variable names without `MILLRACE_`, each with its schema; wrap with `.default(text)` or `.optional()`
 * @returns the parsed values, frozen
 * @throws ConfigError that lists every problem: the value, what was expected, and unknown names with our prefix
 */
export function loadConfig<S extends z.ZodRawShape>(
  variables: Readonly<Record<string, string | undefined>>,
  shape: S,
): Readonly<z.output<z.ZodObject<S>>> {
  const known = Object.keys(shape).map(name => PREFIX + name)
  const problems: string[] = []
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables)) {
    if (!name.startsWith(PREFIX) || value === undefined) continue
    if (known.includes(name)) given[name.slice(PREFIX.length)] = value
    else {
      const suggestion = nearest(name.slice(PREFIX.length), Object.keys(shape))
      problems.push(
        `${name} is not known here.${suggestion ? ` Did you mean ${PREFIX}${suggestion}?` : ` Known: ${known.join(', ')}.`}`,
      )
    }
  }
  const result = z.object(shape).safeParse(given)
  if (!result.success) {
    for (const issue of result.error.issues) {
      const name = String(issue.path[0])
      const isSecret = /SECRET|PASSWORD|TOKEN/.test(name)
      const got =
        given[name] === undefined ? 'is missing' : `is ${isSecret ? '[redacted]' : JSON.stringify(given[name])}`
      const expected = given[name] === undefined ? 'a value is needed' : issue.message
      problems.push(`${PREFIX}${name} ${got}: ${expected}.`)
    }
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems)
  return Object.freeze(result.data)
}
