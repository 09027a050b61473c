/** Text that a Markdown page would not show as it is: HTML tags, and marks of emphasis. */
const LOST = /<[^<>`]*>|[<*]|__\w*/g

/** A plain text as Markdown: what a page would take for HTML or emphasis is in code spans. */
export const asMarkdown = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map(part => (part.startsWith('`') ? part : part.replace(LOST, lost => `\`${lost}\``)))
    .join('')

/** A fenced block of code. */
export const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``

/** A table; its cells are Markdown of one line. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
