/**
 * Why a text is not JSON, in words and without quoting more of it than one token.
 * @param error what JSON.parse threw for it
 */
export function jsonFault(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const token = /^Unexpected token '(.+?)', /su.exec(message)?.[1]
  const notNumber =
    token === 'N'
      ? /\bNaN\b/.exec(text)
      : token === 'I' || message.startsWith('No number')
        ? /-?\bInfinity\b/.exec(text)
        : null
  if (notNumber)
    return `${notNumber[0]} at character ${notNumber.index} is not a JSON number; send null or leave the field out`
  if (token !== undefined) return `unexpected ${JSON.stringify(token)}`
  if (message.startsWith('Unexpected end') || message.startsWith('Unterminated')) return 'it ends too early'
  const plain = message
    .replace(/ in JSON at position (\d+).*$/su, ' at character $1')
    .replace(/ after JSON at position (\d+).*$/su, ' after its end at character $1')
  return plain.charAt(0).toLowerCase() + plain.slice(1)
}
