/** What moves a terminal's cursor, colours it, hides or turns the direction of writing; tabs and line breaks excepted. */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\p{Cf}]/gu

/** In the notation of JSON, so that escaped JSON is JSON of the same value. */
const escaped = (character: string): string =>
  character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/** Text that came from outside, such that it can do nothing to a terminal. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped)

/** The same for one line: line breaks are escaped too. */
export const printableLine = (text: string): string => printable(text).replace(/[\t\n]/g, escaped)

/** Lines of a hex dump: position, sixteen bytes, and those of them that are ASCII. */
export function* hexDump(bytes: Uint8Array): Generator<string> {
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)]
    const hex = row.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const ascii = row.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    yield `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${ascii}`
  }
}
