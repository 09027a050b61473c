import type { Span } from './scan-object.ts'

const QUOTE = 0x22
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * Decodes a JSON text in base64 (RFC 4648, part 4) where it lies, as the bytes are fewer than the text: so the body stays the
 * only memory of a request. Undefined, and nothing changed, where the value is no such text.
 */
export function decodeBase64(body: Buffer, { start, end }: Span): Span | undefined {
  if (end - start < 2 || body[start] !== QUOTE || body[end - 1] !== QUOTE) return undefined
  let text = body.toString('latin1', start + 1, end - 1)
  if (text.includes('\\')) text = text.replaceAll('\\/', '/')
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined
  const written = body.write(text, start, 'base64')
  return { start, end: start + written }
}
