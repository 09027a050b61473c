import { isUtf8 } from 'node:buffer'
import { numberText, parseAsWritten } from '@millrace/contracts'

/**
 * The bytes of a record in a form that a person can read and correct, and that loses nothing: the JSON object that they are, else
 * their text, else (not UTF-8) base64.
 */
export type RecordContent =
  | { readonly kind: 'record'; readonly json: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'base64'; readonly base64: string }

export type JsonObject = Readonly<Record<string, unknown>>

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && numberText(value) === undefined

/** A JSON object as it was written, numbers included; or why the text is none. */
export function readObject(text: string): { readonly object: JsonObject } | { readonly reason: string } {
  try {
    const value = parseAsWritten(text)
    if (!isJsonObject(value)) return { reason: 'it is JSON, but not an object' }
    // Nesting that is too deep shows itself only here.
    JSON.stringify(value)
    return { object: value }
  } catch (error) {
    return {
      reason:
        error instanceof RangeError ? 'it is nested too deeply' : `it is not JSON: ${String((error as Error).message)}`,
    }
  }
}

export function contentOf(bytes: Buffer): RecordContent {
  if (!isUtf8(bytes)) return { kind: 'base64', base64: bytes.toString('base64') }
  const text = bytes.toString()
  // Line breaks in JSON stand only where a space may stand.
  if ('object' in readObject(text)) return { kind: 'record', json: text.trim().replace(/[\r\n]+/g, ' ') }
  return { kind: 'text', text }
}

/** The content as one field of a JSON object: `"record":{…}`, `"text":"…"` or `"base64":"…"`. */
export function contentField(content: RecordContent): string {
  switch (content.kind) {
    case 'record':
      return `"record":${content.json}`
    case 'text':
      return `"text":${JSON.stringify(content.text)}`
    case 'base64':
      return `"base64":"${content.base64}"`
  }
}

/** A partition key (base64 in the failed event) as text where it is UTF-8, else as `base64:…`. */
export function readableKey(key: string | null): string | null {
  if (key === null) return null
  const bytes = Buffer.from(key, 'base64')
  return isUtf8(bytes) ? bytes.toString() : `base64:${key}`
}

/** A failed event as one JSON line, with its key and its bytes made readable. */
export function readableEventJson(event: { readonly key: string | null; readonly payload: string }): string {
  const { payload, key, ...rest } = event
  const head = JSON.stringify({ ...rest, key: readableKey(key) })
  return `${head.slice(0, -1)},${contentField(contentOf(Buffer.from(payload, 'base64')))}}`
}
