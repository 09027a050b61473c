import { boxOf, cut, publicAddress, px } from './page.ts'

const MAX_PATH = 512

/** Tags from the body to the element, with the position among neighbours of the same tag from the second on. Where it is too long, the outermost are left out. */
function pathOf(element: Element): string {
  let path = ''
  let at = element
  for (let parent = at.parentElement; parent; parent = at.parentElement) {
    const tag = at.localName
    const position = Array.from(parent.children)
      .filter(({ localName }) => localName === tag)
      .indexOf(at)
    const longer = tag + (position ? `:nth-of-type(${position + 1})` : '') + (path && `>${path}`)
    if (longer.length > MAX_PATH) break
    path = longer
    at = parent
  }
  return path
}

/**
 * What a click tells: what was clicked and where, never a text or a value. Of a click where people type, only that it was in a
 * labelled element; undefined where nothing is recorded.
 */
export function describeClick(event: MouseEvent, anyElement?: boolean) {
  let isTyped = false
  let label: string | undefined
  let labelled: HTMLElement | undefined
  let active: HTMLElement | undefined
  const path = (event.composedPath() as HTMLElement[]).filter(at => at.matches)
  for (const at of path) {
    const isButton = at.matches('button,summary,[role=button],[type=button],[type=submit]')
    isTyped = isTyped || (!isButton && (at.isContentEditable || at.matches('input,textarea,select')))
    if (!active && (isButton || at.matches('a[href],area[href]'))) active = at
    if (!label) {
      label = cut(at.dataset.millraceLabel, 128)
      if (label) labelled = at
    }
  }
  if (isTyped) active = undefined
  const element = active || labelled || (anyElement && !isTyped && path[0])
  if (!element) return undefined
  const link = active ? active.getAttribute('href') : undefined
  // A click by the keyboard has no position, and one where people type tells none: it counts for the middle of the element.
  const box = boxOf(element)
  const hasPosition = event.detail && !isTyped
  return {
    element: link ? 'link' : active ? 'button' : label ? 'labelled' : 'other',
    elementPath: pathOf(element),
    label,
    link: link ? publicAddress(new URL(link, document.baseURI)) : undefined,
    x: px(hasPosition ? event.pageX : box.x + box.width / 2),
    y: px(hasPosition ? event.pageY : box.y + box.height / 2),
  }
}
