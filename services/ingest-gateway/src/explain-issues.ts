import { jsonPointer as pointerOf } from '@millrace/contracts'
import type { z } from 'zod'
import { writtenNumber } from './inspect-event.ts'
import { echoed, type Refusal } from './problem.ts'

const SHOWN_CHARACTERS = 80
const SHOWN_ISSUES = 6

const entries = (count: number | bigint): string => `${count} ${Number(count) === 1 ? 'entry' : 'entries'}`

/** What a value is, in words that a person can compare with what was expected. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${entries(value.length)}`
  if (typeof value === 'object') return 'an object'
  if (typeof value !== 'string') return `the ${typeof value} ${value}`
  if (value === '') return 'an empty string'
  const shown = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS).toWellFormed()}…` : value
  return `the string ${JSON.stringify(shown)}`
}

const listOf = (values: readonly unknown[]): string => {
  const shown = values.map(value => (typeof value === 'string' ? JSON.stringify(value) : String(value)))
  return shown.length < 2 ? (shown[0] ?? 'nothing') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  null: 'null',
}

/** What an issue of zod asked for. */
function expectedBy(issue: z.core.$ZodIssue): string {
  // A message of the contract's own says it best.
  if (issue.message.startsWith('expected ')) return issue.message.slice('expected '.length)
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? listOf(issue.values) : `one of ${listOf(issue.values)}`
    case 'invalid_union': {
      const choices = issue.errors.flatMap(branch => branch.slice(0, 1).map(inner => expectedBy(inner)))
      return [...new Set(choices)].join(' or ') || 'one of the forms of the schema'
    }
    case 'too_small':
      if (issue.origin === 'array') return `at least ${entries(issue.minimum)}`
      if (issue.origin !== 'string') return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
      return issue.minimum === 1 ? 'a string that is not empty' : `at least ${issue.minimum} characters`
    case 'too_big':
      if (issue.origin === 'array') return `at most ${entries(issue.maximum)}`
      return issue.origin === 'string'
        ? `at most ${issue.maximum} characters`
        : `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`
    default:
      // It may name what the client sent, such as a key that the schema does not know.
      return echoed(issue.message)
  }
}

function valueAt(event: Readonly<Record<string, unknown>>, path: readonly PropertyKey[]): unknown {
  let value: unknown = event
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

/**
 * The refusal for a record that does not fit its schema.
 * @param event the record as the client sent it, before any wire reading
 * @param text the same as JSON, for showing a number as the client wrote it
 */
export function explainIssues(
  event: Readonly<Record<string, unknown>>,
  issues: readonly z.core.$ZodIssue[],
  text: string,
): Refusal {
  const faults = issues.slice(0, SHOWN_ISSUES).map(issue => {
    const value = valueAt(event, issue.path)
    return {
      missing: value === undefined,
      pointer: pointerOf(issue.path),
      got: typeof value === 'number' ? `the number ${writtenNumber(text, issue.path)}` : describeValue(value),
      expected: expectedBy(issue),
    }
  })
  const [first, ...rest] = faults
  if (!first) return { code: 'invalid_field', pointer: '', got: 'the record', expected: 'another form' }
  const { missing, ...field } = first
  return {
    code: missing ? 'missing_field' : 'invalid_field',
    ...field,
    more: issues.length - 1,
    also: rest.map(({ pointer, got, expected }) => ({ pointer, got, expected })),
  }
}
