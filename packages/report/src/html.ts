import { visible } from './figure.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Markup: what may stand in a page as it is. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Content = Markup | string | number | null | readonly Content[]

/** A text as markup that shows it, in an element or an attribute. */
export const escapeText = (text: string): string => visible(text).replace(/[&<>"']/g, character => ENTITIES[character]!)

function markupOf(content: Content): string {
  if (content === null) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'string') return escapeText(content)
  return typeof content === 'number' ? String(content) : content.map(markupOf).join('')
}

/** Markup with values in it; texts are escaped, null is nothing, and a list is one after another. */
export const html = (parts: TemplateStringsArray, ...values: readonly Content[]): Markup =>
  new Markup(parts.map((part, index) => part + (index < values.length ? markupOf(values[index]!) : '')).join(''))
