import type { Refusal } from '../problem.ts'

/** Where the records of a body lie, as byte offsets without surrounding white space. */
export interface RecordSlices {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** False for a body that is one JSON object (or other single value). */
  readonly batch: boolean
}

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

export const isBlank = (byte: number | undefined): boolean =>
  byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB

/** Whether nothing but white space is in the body from there on. */
export function isBlankFrom(body: Uint8Array, from: number): boolean {
  for (let at = from; at < body.length; at++) if (!isBlank(body[at])) return false
  return true
}

class Slices implements RecordSlices {
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly batch: boolean
  readonly #body: Uint8Array

  constructor(body: Uint8Array, batch: boolean) {
    this.#body = body
    this.batch = batch
  }

  /** Adds a slice, trimmed; false when nothing but white space is in it. */
  add(from: number, to: number): boolean {
    let start = from
    let end = to
    while (start < end && isBlank(this.#body[start])) start++
    while (end > start && isBlank(this.#body[end - 1])) end--
    if (start === end) return false
    this.starts.push(start)
    this.ends.push(end)
    return true
  }
}

const tooMany = (limit: number): Refusal => ({ code: 'too_many_records', details: { limit } })
export const notJson = (reason: string): Refusal => ({ code: 'not_json', details: { reason } })

/** Offset after a byte order mark, which some systems put before JSON. */
export const afterMark = (body: Uint8Array): number =>
  body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0

/** One record a line; blank lines are skipped and not counted. */
export function splitNdjson(body: Buffer, maxRecords: number): RecordSlices | Refusal {
  const slices = new Slices(body, true)
  let start = afterMark(body)
  while (start < body.length) {
    const found = body.indexOf(LINE_FEED, start)
    const end = found < 0 ? body.length : found
    slices.add(start, end)
    if (slices.starts.length > maxRecords) return tooMany(maxRecords)
    start = end + 1
  }
  return slices
}

/**
 * The elements of a JSON array, or the body itself when it is not one. Only the structure is checked here (strings, brackets,
 * commas at the top): when every element is JSON by itself, the body is JSON, and the reverse.
 */
export function splitJson(body: Buffer, maxRecords: number): RecordSlices | Refusal {
  let start = afterMark(body)
  while (isBlank(body[start])) start++
  if (body[start] === OPEN_BRACKET) {
    const array = splitArray(body, start, maxRecords)
    if (!('after' in array)) return array
    return isBlankFrom(body, array.after)
      ? array.slices
      : notJson(`something follows the end of the array at byte ${array.after}`)
  }
  const slices = new Slices(body, false)
  slices.add(start, body.length)
  return slices
}

/** The elements of the array that begins at `from`, and the offset behind it. */
export function splitArray(
  body: Buffer,
  from: number,
  maxRecords: number,
): { readonly slices: RecordSlices; readonly after: number } | Refusal {
  const slices = new Slices(body, true)
  let depth = 0
  let start = from + 1
  for (let at = start; at < body.length; at++) {
    switch (body[at]) {
      case QUOTE:
        at = endOfString(body, at + 1)
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET: {
        if (depth > 0) {
          depth--
          break
        }
        if (body[at] === CLOSE_BRACE) return notJson(`byte ${at} closes an object that was never opened`)
        const isEmpty = slices.starts.length === 0
        if (!slices.add(start, at) && !isEmpty) return notJson(`the array has a comma before its end at byte ${at}`)
        if (slices.starts.length > maxRecords) return tooMany(maxRecords)
        return { slices, after: at + 1 }
      }
      case COMMA:
        if (depth > 0) break
        if (!slices.add(start, at)) return notJson(`an element is missing before the comma at byte ${at}`)
        if (slices.starts.length > maxRecords) return tooMany(maxRecords)
        start = at + 1
    }
  }
  return notJson(`the array is not closed before the body ends at byte ${body.length}`)
}

/** Offset of the quote that ends the string, or the body's length when none does. */
export function endOfString(body: Buffer, from: number): number {
  for (let at = from; at < body.length; at++) {
    const byte = body[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at++
  }
  return body.length
}

/** Number of keys at all levels in the text of a JSON object, repeated ones counted again. */
export function countWrittenKeys(body: Buffer, start: number, end: number): number {
  let keys = 0
  for (let at = start; at < end; at++) {
    const byte = body[at]
    if (byte === QUOTE) at = endOfString(body, at + 1)
    else if (byte === 0x3a) keys++
  }
  return keys
}
