import { categories } from './contract.ts'

export type Category = (typeof categories)[number]

/** What a method of `hotel.raw` asks for. */
export interface Request {
  readonly kind: 'view' | 'place' | 'purchase' | 'refund' | 'category'
  /** Number of the place that is viewed or bought; 0 is a place. */
  readonly place: number | null
  readonly category: Category | null
}

const PLACE = '/places/'
const PURCHASE = '/buy/places/'
/** As some clients write it. */
const MISSPELLED = '/sub-home/redidence'

const VIEW: Request = { kind: 'view', place: null, category: null }
const REFUND: Request = { kind: 'refund', place: null, category: null }
const PAGES = new Map(
  categories.map((category): [string, Request] => [
    category === 'flights' || category === 'leisure' ? `/${category}` : `/sub-home/${category}`,
    { kind: 'category', place: null, category },
  ]),
)

/** The method with its residence spelled right. */
export const normaliseMethod = (method: string): string => (method === MISSPELLED ? '/sub-home/residence' : method)

/** Reads a method that the contract lets through. */
export function readMethod(method: string): Request {
  if (method === '/') return VIEW
  if (method.startsWith(PLACE)) return { kind: 'place', place: Number(method.slice(PLACE.length)), category: null }
  if (method.startsWith(PURCHASE))
    return { kind: 'purchase', place: Number(method.slice(PURCHASE.length)), category: null }
  return PAGES.get(normaliseMethod(method)) ?? REFUND
}
