const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Offset of the quote that ends the text which begins at `from`. */
function endOfText(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); ; at = text.indexOf('"', at + 1)) {
    let before = at
    while (text.charCodeAt(before - 1) === BACKSLASH) before--
    // An even number of backslashes is a text that ends with some.
    if ((at - before) % 2 === 0) return at
  }
}

/**
 * Calls `visit` with each value of a JSON object or array as it is written, and with its name as it is written between its quotes;
 * that of an item is empty.
 */
function visitValues(text: string, visit: (value: string, name: string) => void): void {
  let depth = 0
  let isArray = false
  let name = ''
  let from = -1
  const endValue = (at: number): void => {
    const value = from < 0 ? '' : text.slice(from, at).trim()
    if (value !== '') visit(value, name)
    from = isArray ? at + 1 : -1
  }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    switch (code) {
      case QUOTE: {
        const end = endOfText(text, at)
        if (depth === 1 && from < 0) name = text.slice(at + 1, end)
        at = end
        break
      }
      case COLON:
        if (depth === 1) from = at + 1
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (depth++ > 0) break
        isArray = code === OPEN_BRACKET
        if (isArray) from = at + 1
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--
        if (depth === 0) endValue(at)
        break
      case COMMA:
        if (depth === 1) endValue(at)
    }
  }
}

/**
 * The members of a JSON object, each name with the text of its value as it is written; of one that is repeated, the last.
 * @param text valid JSON
 */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>()
  visitValues(text, (value, name) =>
    members.set(name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name, value),
  )
  return members
}

/**
 * The items of a JSON array, each as it is written.
 * @param text valid JSON
 */
export function itemsOf(text: string): string[] {
  const items: string[] = []
  visitValues(text, value => items.push(value))
  return items
}
