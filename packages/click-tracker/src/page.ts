/** The contract's limit of an address, characters. */
const MAX_ADDRESS = 2048

/** A whole number of px from `min` on. */
export const px = (value: number, min = 0): number => Math.max(min, Math.round(value))

/** At most so many characters of a text, without half characters; undefined where nothing is left. */
export const cut = (text: unknown, max: number): string | undefined =>
  `${text || ''}`.slice(0, max).replace(/\p{Cs}/gu, '') || undefined

/**
 * An address without what may tell of a person: no query, no user and password, and no fragment, unless it is a route
 * (`#/…` or `#!…`), of which the query is left out. Of other schemes, such as mailto:, only the scheme.
 */
export const publicAddress = ({ protocol, origin, pathname, hash }: URL | Location): string =>
  /^http/.test(protocol)
    ? (origin + pathname + (/^#[/!]/.test(hash) ? hash.split('?')[0] : '')).slice(0, MAX_ADDRESS)
    : protocol

/** The place of an element in the document, px. */
export function boxOf(element: Element) {
  const box = element.getBoundingClientRect()
  return { x: px(box.x + scrollX), y: px(box.y + scrollY), width: px(box.width, 1), height: px(box.height, 1) }
}
