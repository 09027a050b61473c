import { parseAsWritten, jsonPointer as pointerOf } from '@millrace/contracts'
import type { Refusal } from './problem.ts'

/** Levels of nesting that a record may have; readers behind the gateway recurse. */
export const MAX_DEPTH = 64

/**
 * Number of keys at all levels, or -1 when the value holds something that JSON readers do not agree on: a key named
 * `__proto__`, a number beyond the range of a double, or nesting deeper than MAX_DEPTH. `faultOf` then says which.
 */
export function countKeys(value: object, depth = 1): number {
  if (depth > MAX_DEPTH) return -1
  let keys = 0
  const isArray = Array.isArray(value)
  for (const key in value) {
    if (!isArray) keys++
    if (key === '__proto__') return -1
    const field = (value as Record<string, unknown>)[key]
    if (typeof field === 'number') {
      if (!Number.isFinite(field)) return -1
    } else if (typeof field === 'object' && field !== null) {
      const inner = countKeys(field, depth + 1)
      if (inner < 0) return -1
      keys += inner
    }
  }
  return keys
}

/**
 * The first fault that `countKeys` saw, or (when `checkTexts`) the first text that is not valid Unicode; null when there is none.
 * @param text the record as it was written, for showing a number as the client wrote it
 */
export function faultOf(event: object, text: string, checkTexts: boolean): Refusal | null {
  const visit = (value: object, path: readonly string[]): Refusal | null => {
    if (path.length >= MAX_DEPTH) return { code: 'too_deep', pointer: pointerOf(path), details: { limit: MAX_DEPTH } }
    for (const key of Object.keys(value)) {
      const here = [...path, key]
      if (key === '__proto__') return { code: 'forbidden_field', pointer: pointerOf(here) }
      const field = (value as Record<string, unknown>)[key]
      if (typeof field === 'number' && !Number.isFinite(field))
        return {
          code: 'number_too_large',
          pointer: pointerOf(here),
          got: `the number ${writtenNumber(text, here)}`,
          expected: 'a number within ±1.8e308',
        }
      if (checkTexts && (!key.isWellFormed() || (typeof field === 'string' && !field.isWellFormed())))
        return { code: 'broken_text', pointer: pointerOf(here).toWellFormed() }
      const inner = typeof field === 'object' && field !== null ? visit(field, here) : null
      if (inner) return inner
    }
    return null
  }
  return visit(event, [])
}

const MAX_SHOWN_NUMBER = 40

/** The number at `path` as it was written, cut where it is long. */
export function writtenNumber(text: string, path: readonly PropertyKey[]): string {
  let value = parseAsWritten(text)
  for (const key of path) value = (value as Record<PropertyKey, unknown>)[key]
  const source = JSON.stringify(value)
  return source.length > MAX_SHOWN_NUMBER ? `${source.slice(0, MAX_SHOWN_NUMBER)}…` : source
}
