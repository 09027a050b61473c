import { isUtf8 } from 'node:buffer'
import { jsonFault } from '../json-fault.ts'
import type { Refusal } from '../problem.ts'
import { endOfString, isBlank, notJson } from './split-records.ts'

/** Where the value of a member of an object lies, without surrounding white space. */
export interface Span {
  readonly start: number
  readonly end: number
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Offset behind the value that begins at `from`: of a text, an object or an array behind its end, of another one the next comma, bracket or blank. */
function endOfValue(body: Buffer, from: number, to: number): number {
  let depth = 0
  for (let at = from; at < to; at++) {
    switch (body[at]) {
      case QUOTE:
        at = endOfString(body, at + 1)
        if (depth === 0) return Math.min(at + 1, to)
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (depth === 0) return at
        if (--depth === 0) return at + 1
        break
      default:
        if (depth === 0 && (body[at] === COMMA || isBlank(body[at]))) return at
    }
  }
  return to
}

/** Most bytes of a field of an envelope, and most fields: what is parsed takes more memory than its bytes. */
const MAX_FIELD_BYTES = 65_536
const MAX_FIELDS = 1_000

/** A text that is written in JSON as it is. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/

/** The JSON value of a part of a body, or why it is none. */
export function parseSpan(body: Buffer, { start, end }: Span): { readonly value: unknown } | Refusal {
  if (end - start > MAX_FIELD_BYTES)
    return notJson(`a field of the envelope has ${end - start} bytes, more than ${MAX_FIELD_BYTES}`)
  const plain = body[start] === QUOTE && body[end - 1] === QUOTE ? body.toString('latin1', start + 1, end - 1) : '"'
  if (PLAIN_TEXT.test(plain)) return { value: plain }
  const bytes = body.subarray(start, end)
  if (!isUtf8(bytes)) return notJson(`the bytes ${start} to ${end - 1} are not UTF-8`)
  const text = bytes.toString()
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return notJson(jsonFault(text, error))
  }
}

/**
 * The members of the object that begins at `from`, by name; of a repeated name the last. Values are found by structure, without
 * being parsed: a value that is not in `unparsed` is checked, so that the object is JSON when those that are in it are.
 * @param to offset behind the object; anything but white space behind its closing brace is refused
 * @param unparsed names of members whose values the caller checks
 */
export function scanObject(
  body: Buffer,
  { start: from, end: to }: Span,
  unparsed: readonly string[],
): ReadonlyMap<string, Span> | Refusal {
  const members = new Map<string, Span>()
  let at = from
  const skipBlanks = (): void => {
    while (at < to && isBlank(body[at])) at++
  }
  const expected = (what: string): Refusal =>
    notJson(at < to ? `expected ${what} at byte ${at}` : `it ends too early at byte ${to}`)

  skipBlanks()
  if (body[at] !== OPEN_BRACE || at >= to) return expected('an object')
  at++
  skipBlanks()
  let isFirst = true
  while (at < to && (isFirst ? body[at] !== CLOSE_BRACE : true)) {
    if (body[at] !== QUOTE) return expected('a name in quotes')
    const nameFrom = at
    at = endOfString(body, at + 1) + 1
    const name = parseSpan(body, { start: nameFrom, end: Math.min(at, to) })
    if (!('value' in name)) return name
    skipBlanks()
    if (at >= to || body[at] !== COLON) return expected('a colon')
    at++
    skipBlanks()
    const span = { start: at, end: endOfValue(body, at, to) }
    if (span.start >= span.end) return expected('a value')
    // Of a repeated name the caller gets the last value, so the one before it is checked here.
    const checked = unparsed.includes(String(name.value)) ? members.get(String(name.value)) : span
    const value = checked && parseSpan(body, checked)
    if (value && !('value' in value)) return value
    members.set(String(name.value), span)
    if (members.size > MAX_FIELDS) return notJson(`the envelope has more than ${MAX_FIELDS} fields`)
    at = span.end
    skipBlanks()
    isFirst = false
    if (at < to && body[at] === CLOSE_BRACE) break
    if (at >= to || body[at] !== COMMA) return expected('a comma or the end of the object')
    at++
    skipBlanks()
  }
  if (at >= to) return expected('the end of the object')
  at++
  skipBlanks()
  return at < to ? notJson(`something follows the end of the object at byte ${at}`) : members
}
