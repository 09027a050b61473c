import { CELLS, type Layout, type WebEventType, type WebRaw } from './contract.ts'

const PHONE_BELOW_PX = 600
const TABLET_BELOW_PX = 1024
const SCHEME = /^https?:\/\//i

/** What happened: as the event says it outright, else by what it has. */
export const eventTypeOf = ({ eventType, link, x }: WebRaw): WebEventType =>
  eventType ?? (link !== undefined || x !== undefined ? 'click' : 'page-view')

/**
 * The page that an address is of: host in lower case and path, without query and without a slash at the end of a longer path. A fragment is
 * part of it where it is a route of a single-page site (`#/…` or `#!…`).
 */
export function pageOf(address: string): string {
  const [beforeFragment = '', ...fragments] = address.replace(SCHEME, '').split('#')
  const [place = ''] = beforeFragment.split('?', 1)
  const slash = place.indexOf('/')
  const host = (slash < 0 ? place : place.slice(0, slash)).toLowerCase()
  const path = slash < 0 ? '/' : place.slice(slash)
  const route = fragments.join('#').split('?', 1)[0]!
  const isRoute = route.startsWith('/') || route.startsWith('!')
  return host + (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path) + (isRoute ? `#${route}` : '')
}

/** How the page is laid out; a desktop where the event does not tell the width of the viewport. */
export function layoutOf({ viewportWidth }: WebRaw): Layout {
  if (viewportWidth === undefined || viewportWidth >= TABLET_BELOW_PX) return 'desktop'
  return viewportWidth < PHONE_BELOW_PX ? 'phone' : 'tablet'
}

export interface Cell {
  readonly cellX: number
  readonly cellY: number
}

/** The cell of the heat map: the position as a share of the document. Null without a position or the size of the document. */
export function cellOf({ x, y, documentWidth, documentHeight }: WebRaw): Cell | null {
  if (x === undefined || y === undefined || documentWidth === undefined || documentHeight === undefined) return null
  const cell = (position: number, size: number) => Math.min(CELLS - 1, Math.floor((position * CELLS) / size))
  return { cellX: cell(x, documentWidth), cellY: cell(y, documentHeight) }
}
