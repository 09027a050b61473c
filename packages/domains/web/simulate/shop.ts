import type { Layout, WebElement } from '../contract.ts'

/** The simulated site: a shop of three pages. */
export const SITE = 'https://shop.example'
export const pageNames = ['/', '/product', '/basket'] as const
export type PageName = (typeof pageNames)[number]

/** Where something is on a page, document px: left, top, width, height. */
export type Place = readonly [x: number, y: number, width: number, height: number]

/** A part of a page. */
export interface Part {
  readonly tag: string
  readonly path: string
  readonly element: WebElement
  readonly label?: string
  /** Page that a link leads to, or that a button opens. */
  readonly leadsTo?: PageName
  /** How often it is clicked, relative to the other parts of its page. */
  readonly weight: number
  readonly places: Readonly<Record<ShopLayout, Place>>
}

/** Layouts that the visitors of the shop have. */
export type ShopLayout = Exclude<Layout, 'tablet'>

export const screens: Readonly<Record<ShopLayout, { readonly width: number; readonly height: number }>> = {
  phone: { width: 390, height: 720 },
  desktop: { width: 1280, height: 800 },
}

/** Height of each page, px. */
export const heights: Readonly<Record<PageName, Readonly<Record<ShopLayout, number>>>> = {
  '/': { phone: 2600, desktop: 1400 },
  '/product': { phone: 1900, desktop: 1200 },
  '/basket': { phone: 1100, desktop: 900 },
}

const PRODUCTS = 6

const header: readonly Part[] = [
  {
    ...{ tag: 'a', path: 'body>header>a:nth-of-type(1)', element: 'link', leadsTo: '/', weight: 2 },
    places: { phone: [16, 16, 120, 32], desktop: [40, 20, 160, 40] },
  },
  {
    ...{ tag: 'a', path: 'body>header>a:nth-of-type(2)', element: 'link', leadsTo: '/basket', weight: 3 },
    places: { phone: [310, 16, 64, 32], desktop: [1140, 20, 100, 40] },
  },
]

const shelf: readonly Part[] = Array.from({ length: PRODUCTS }, (_, index) => ({
  ...{ tag: 'a', path: `body>main>a:nth-of-type(${index + 1})`, element: 'link', leadsTo: '/product' },
  // Who is higher up is clicked more often.
  weight: 12 / (index + 1),
  places: {
    phone: [16, 220 + index * 370, 358, 340],
    desktop: [40 + (index % 3) * 410, 240 + Math.floor(index / 3) * 460, 380, 420],
  },
}))

/** The parts of each page in the order of the document. */
export const partsOfPages: Readonly<Record<PageName, readonly Part[]>> = {
  '/': [
    ...header,
    {
      ...{ tag: 'h1', path: 'body>main>h1', element: 'other', weight: 1 },
      places: { phone: [16, 90, 358, 90], desktop: [40, 110, 1200, 90] },
    },
    ...shelf,
    {
      ...{ tag: 'footer', path: 'body>footer', element: 'other', weight: 0.5 },
      places: { phone: [0, 2480, 390, 120], desktop: [0, 1280, 1280, 120] },
    },
  ],
  '/product': [
    ...header,
    {
      ...{ tag: 'img', path: 'body>main>img', element: 'other', weight: 6 },
      places: { phone: [16, 90, 358, 358], desktop: [40, 110, 560, 560] },
    },
    {
      ...{ tag: 'fieldset', path: 'body>main>fieldset', element: 'labelled', label: 'size', weight: 8 },
      places: { phone: [16, 470, 358, 60], desktop: [640, 300, 400, 60] },
    },
    {
      ...{ tag: 'button', path: 'body>main>button', element: 'button', label: 'add-to-basket' },
      ...{ leadsTo: '/basket', weight: 8 },
      places: { phone: [16, 560, 358, 56], desktop: [640, 400, 240, 56] },
    },
    {
      ...{ tag: 'section', path: 'body>main>section', element: 'other', weight: 2 },
      places: { phone: [16, 660, 358, 1000], desktop: [40, 720, 1200, 320] },
    },
  ],
  '/basket': [
    ...header,
    {
      ...{ tag: 'ul', path: 'body>main>ul', element: 'other', weight: 3 },
      places: { phone: [16, 90, 358, 480], desktop: [40, 110, 760, 480] },
    },
    {
      ...{ tag: 'button', path: 'body>main>button:nth-of-type(1)', element: 'labelled', label: 'remove', weight: 3 },
      places: { phone: [280, 110, 94, 40], desktop: [660, 130, 120, 40] },
    },
    {
      ...{ tag: 'button', path: 'body>main>button:nth-of-type(2)', element: 'button', label: 'order', weight: 6 },
      places: { phone: [16, 620, 358, 64], desktop: [860, 300, 320, 64] },
    },
    {
      ...{ tag: 'a', path: 'body>main>a', element: 'link', leadsTo: '/', weight: 4 },
      places: { phone: [16, 720, 358, 32], desktop: [860, 400, 320, 32] },
    },
  ],
}
