import { z } from 'zod'
import { FALLING_FIRST } from '../falling-first.ts'
import { instant, UUID } from '../wire.ts'

/** Of a text of digits and separators, three numbers for each run of digits: fewest, most, and the byte behind it. The last is the closing quote. */
export type DigitRuns = readonly number[]

/**
 * What the value of a field has to look like, for validation in its bytes.
 * Every rule has every property, so that all rules are objects of one shape.
 */
export interface FieldRule {
  readonly kind: 'text' | 'digits' | 'uuid' | 'instant' | 'number' | 'integer' | 'choice' | 'rows'
  /** Of a number its value, of a text its length, of rows how many. */
  readonly minimum: number
  readonly maximum: number
  readonly pattern: RegExp | null
  /** Of digits. */
  readonly runs: DigitRuns | null
  /** One of these, as JSON. */
  readonly choices: readonly string[]
  /** Of rows of numbers: the rules of the numbers of each. */
  readonly columns: readonly FieldRule[]
  /** Of rows: the first number of each is less than that of the row before. */
  readonly isFalling: boolean
  readonly isNullable: boolean
  readonly isOptional: boolean
}

type Rule = Omit<FieldRule, 'isNullable' | 'isOptional'>

interface FieldSchema {
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
}

const KNOWN_KEYWORDS = new Set([
  ...['$schema', 'title', 'description', 'type', 'format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum'],
])
/** Checks that JSON Schema says in full; others, such as `refine`, it leaves out. */
const KNOWN_CHECKS = new Set([
  'min_length',
  'max_length',
  'string_format',
  'number_format',
  'greater_than',
  'less_than',
])
const KNOWN_ROW_CHECKS = new Set(['min_length', 'max_length', FALLING_FIRST])
/** Numbers in a list of rows; there is memory for so many. */
const MOST_ROW_NUMBERS = 1024
const KNOWN_FORMATS = new Set(['regex', 'datetime', 'date', 'safeint'])

const INSTANT = (z.toJSONSchema(instant) as FieldSchema).pattern

/** The definition of a schema, as zod shows it to libraries; of what this file looks at. */
interface Definition {
  readonly type: string
  readonly format?: string
  readonly check?: string
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string; readonly format?: string } } }[]
  readonly innerType?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly values?: readonly (string | number | boolean)[]
  readonly entries?: Readonly<Record<string, string | number>>
  readonly element?: z.ZodType
  readonly items?: readonly z.ZodType[]
  readonly rest?: z.ZodType | null
}

const definitionOf = (schema: z.ZodType): Definition => schema._zod.def as unknown as Definition

/** The values that alone are allowed, or null when the schema is not a list of values. */
function choicesOf(definition: Definition): readonly (string | number | boolean)[] | null {
  if ((definition.checks ?? []).length > 0) return null
  switch (definition.type) {
    case 'literal':
      return definition.values ?? null
    case 'enum':
      return Object.values(definition.entries ?? {})
    case 'boolean':
      return [true, false]
    case 'union': {
      const choices = (definition.options ?? []).map(option => choicesOf(definitionOf(option)))
      return choices.includes(null) ? null : choices.flatMap(choice => choice ?? [])
    }
    default:
      return null
  }
}

/** The runs of a pattern such as `^\d{1,4}:\d{2}$`, or null where it is another one. */
function digitRunsOf(pattern: string): DigitRuns | null {
  if (!/^\^(?:\\d\{\d+(?:,\d+)?\}[-:/ ])*\\d\{\d+(?:,\d+)?\}\$$/.test(pattern)) return null
  return [...pattern.matchAll(/\{(\d+)(?:,(\d+))?\}(.)/g)].flatMap(([, fewest, most = fewest, behind]) => [
    Number(fewest),
    Number(most),
    (behind === '$' ? '"' : behind!).charCodeAt(0),
  ])
}

/** Written as JSON it is itself, in ASCII: no escapes, nothing that is no value of JSON. */
const isPlain = (value: unknown): boolean =>
  typeof value === 'string' ? /^[ !#-[\]-~]*$/.test(value) : typeof value === 'number' || typeof value === 'boolean'

/** The names of the checks of a schema. */
const checksOf = ({ checks = [] }: Definition): string[] => checks.map(({ _zod }) => _zod.def.check)

/** The rule of a list with a most length whose items are equally many numbers each, or null for any other list. */
function rowsRuleOf(schema: z.ZodType, base: Rule): Rule | null {
  const definition = definitionOf(schema)
  const checks = checksOf(definition)
  const row = definition.element && definitionOf(definition.element)
  if (row?.type !== 'tuple' || row.rest || checksOf(row).length > 0) return null
  if (checks.some(check => !KNOWN_ROW_CHECKS.has(check))) return null
  const columns: FieldRule[] = []
  for (const item of row.items ?? []) {
    const rule = fieldRuleOf(item)
    if (!rule || rule.isNullable || rule.isOptional || !['number', 'integer'].includes(rule.kind)) return null
    columns.push(rule)
  }
  const { minItems: minimum = base.minimum, maxItems: maximum = base.maximum } = z.toJSONSchema(schema) as FieldSchema
  if (columns.length === 0 || columns.length * maximum > MOST_ROW_NUMBERS) return null
  return { ...base, kind: 'rows', minimum, maximum, columns, isFalling: checks.includes(FALLING_FIRST) }
}

function ruleOf(schema: z.ZodType): Rule | null {
  const base: Rule = {
    kind: 'text',
    minimum: Number.NEGATIVE_INFINITY,
    maximum: Number.POSITIVE_INFINITY,
    pattern: null,
    runs: null,
    choices: [],
    columns: [],
    isFalling: false,
  }
  const definition = definitionOf(schema)
  const choices = choicesOf(definition)
  if (choices)
    return choices.every(isPlain)
      ? { ...base, kind: 'choice', choices: choices.map(choice => JSON.stringify(choice)) }
      : null
  if (definition.type === 'array') return rowsRuleOf(schema, base)
  if (definition.type !== 'string' && definition.type !== 'number') return null
  for (const { check, format } of [definition, ...(definition.checks ?? []).map(check => check._zod.def)]) {
    if (check !== undefined && !KNOWN_CHECKS.has(check)) return null
    if (format !== undefined && !KNOWN_FORMATS.has(format)) return null
  }
  const json = z.toJSONSchema(schema) as FieldSchema
  if (Object.keys(json).some(keyword => !KNOWN_KEYWORDS.has(keyword))) return null
  if (definition.type === 'number') {
    const { minimum = base.minimum, maximum = base.maximum } = json
    return { ...base, kind: json.type === 'integer' ? 'integer' : 'number', minimum, maximum }
  }
  const { minLength: minimum = base.minimum, maxLength: maximum = base.maximum } = json
  const pattern = json.pattern === undefined ? null : new RegExp(json.pattern)
  const isBounded = json.minLength !== undefined || json.maxLength !== undefined
  if (!isBounded && json.pattern === UUID.source) return { ...base, kind: 'uuid' }
  if (!isBounded && json.pattern === INSTANT) return { ...base, kind: 'instant', pattern }
  const runs = isBounded || pattern === null ? null : digitRunsOf(pattern.source)
  return runs ? { ...base, kind: 'digits', runs } : { ...base, minimum, maximum, pattern }
}

/** The rule of a field, or null when there is none that its bytes could be judged by: objects, code, lists of anything but rows of numbers. */
export function fieldRuleOf(schema: z.ZodType): FieldRule | null {
  let isNullable = false
  let isOptional = false
  let inner = schema
  for (;;) {
    const { type, innerType, checks = [] } = definitionOf(inner)
    if ((type !== 'nullable' && type !== 'optional') || checks.length > 0 || !innerType) break
    if (type === 'nullable') isNullable = true
    else isOptional = true
    inner = innerType
  }
  const rule = ruleOf(inner)
  return rule && { ...rule, isNullable, isOptional }
}
