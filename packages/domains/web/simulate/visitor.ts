import { type Actor, type Person, Random, type SimulatedRecord } from '@millrace/simulation'
import { type WebEventType, web } from '../contract.ts'
import { heights, type PageName, type Part, partsOfPages, type ShopLayout, SITE, screens } from './shop.ts'

const SECOND_MS = 1_000
/** When visitors come first, and how long they stay away, ms. */
const ARRIVAL_MS = 600 * SECOND_MS
const AWAY_MS = { min: 240 * SECOND_MS, max: 1_200 * SECOND_MS }
/** From one event of a page to the next, ms. */
const INTERVAL_MS: Readonly<Record<ShopLayout, { readonly min: number; readonly max: number }>> = {
  phone: { min: 2 * SECOND_MS, max: 18 * SECOND_MS },
  desktop: { min: 1 * SECOND_MS, max: 9 * SECOND_MS },
}
/** Share of clicks among what visitors do with a mouse; else it moves. */
const CLICK_SHARE = 0.5
/** Share of events on a page after which the visitor leaves the shop. */
const LEAVE_SHARE = 0.07
const PHONE_SHARE = 0.55
const SIGNED_IN_SHARE = 0.6
/** How much more often the button of variant B is clicked. */
const BUTTON_LIFT = 1.5
/** Pages that lead elsewhere in the session, at most. */
const MAX_VIEWS = 12
const KEY_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const KEY_LENGTH = 20
const SESSION_LENGTH = 12
const TOKEN = 'mb_shop'

const BROWSERS: Readonly<Record<ShopLayout, readonly string[]>> = {
  phone: [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  ],
  desktop: [
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  ],
}

export interface VisitorOptions {
  readonly person: Person
  /** Labels of the visitor's random stream. */
  readonly labels: readonly (string | number)[]
  readonly world: string
  /** Virtual time covered, ms since the epoch. */
  readonly startMs: number
  readonly endMs: number
  readonly writeInstant: (timeMs: number) => string
}

const topic = web.topics.raw.name

const keyFrom = (random: Random, length: number): string =>
  Array.from({ length }, () => KEY_CHARACTERS[random.int(0, KEY_CHARACTERS.length - 1)]).join('')

const outlineOf = (page: PageName, layout: ShopLayout) =>
  partsOfPages[page].map(({ tag, places }) => {
    const [x, y, width, height] = places[layout]
    return { tag, x, y, width, height }
  })

/**
 * Someone who comes to the shop now and then, looks around, clicks, goes from page to page and leaves. The browser, its key and the account
 * are those of the person in the world, whatever the seed.
 */
export class Visitor implements Actor {
  readonly id: number
  nextMs = 0
  readonly #options: VisitorOptions
  readonly #random: Random
  readonly #layout: ShopLayout
  readonly #userKey: string
  readonly #userAgent: string
  readonly #variant: 'A' | 'B'
  readonly #account: string | undefined
  #session = ''
  #page: PageName = '/'
  #previous: PageName | undefined
  /** Pages whose outline the session has told. */
  readonly #outlined = new Set<PageName>()
  #views = 0
  #loads = 0
  #loadedMs = 0
  #act: 'view' | 'outline' | 'stay' = 'view'
  #sequence = 0

  constructor(options: VisitorOptions) {
    const { person, labels, world, startMs } = options
    this.id = person.number
    this.#options = options
    const browser = new Random('world', world, 'browser', person.number)
    this.#userKey = keyFrom(browser, KEY_LENGTH)
    this.#layout = browser.chance(PHONE_SHARE) ? 'phone' : 'desktop'
    this.#userAgent = browser.pick(BROWSERS[this.#layout])
    this.#variant = browser.chance(0.5) ? 'A' : 'B'
    this.#account = browser.chance(SIGNED_IN_SHARE) ? person.account : undefined
    this.#random = new Random(...labels, 'visitor', person.number)
    this.#enter(startMs + this.#random.int(0, ARRIVAL_MS))
  }

  /** Begins a session. */
  #enter(atMs: number): void {
    this.#session = keyFrom(this.#random, SESSION_LENGTH)
    this.#outlined.clear()
    this.#views = 0
    this.#previous = undefined
    this.#load('/', atMs)
  }

  #load(page: PageName, atMs: number): void {
    this.#page = page
    this.#act = 'view'
    this.#goOn(atMs)
  }

  #goOn(atMs: number): void {
    this.nextMs = atMs < this.#options.endMs ? atMs : Number.POSITIVE_INFINITY
  }

  next(): SimulatedRecord {
    const act = this.#act
    if (act === 'stay') return this.#stay()
    const atMs = this.nextMs
    const { min, max } = INTERVAL_MS[this.#layout]
    const delayMs = this.#random.int(min, max)
    if (act === 'view') {
      this.#views++
      this.#loads++
      this.#loadedMs = atMs
      const isOutlined = this.#outlined.has(this.#page)
      this.#outlined.add(this.#page)
      const record = this.#record('page-view', {})
      this.#act = isOutlined ? 'stay' : 'outline'
      this.#goOn(atMs + delayMs)
      return record
    }
    const record = this.#record('page-outline', { outline: outlineOf(this.#page, this.#layout) })
    this.#act = 'stay'
    this.#goOn(atMs + delayMs)
    return record
  }

  /** Clicks, or moves the mouse; then stays, goes on or leaves. A phone has no mouse. */
  #stay(): SimulatedRecord {
    const random = this.#random
    const atMs = this.nextMs
    const { min, max } = INTERVAL_MS[this.#layout]
    const isClick = this.#layout === 'phone' || random.chance(CLICK_SHARE)
    const part = isClick ? this.#pickPart() : null
    const record = part ? this.#click(part) : this.#move()
    const afterMs = atMs + random.int(min, max)
    const next = part?.leadsTo
    if (random.chance(LEAVE_SHARE)) this.#enter(afterMs + random.int(AWAY_MS.min, AWAY_MS.max))
    else if (next && next !== this.#page && this.#views < MAX_VIEWS) {
      this.#previous = this.#page
      this.#load(next, afterMs)
    } else this.#goOn(afterMs)
    return record
  }

  #click(part: Part): SimulatedRecord {
    const random = this.#random
    const [left, top, width, height] = part.places[this.#layout]
    return this.#record('click', {
      ...(part.element === 'link' && { link: SITE + part.leadsTo }),
      ...{ element: part.element, elementPath: part.path },
      ...(part.label && { label: part.label }),
      // People aim at the middle.
      x: left + Math.floor(((random.float() + random.float()) * width) / 2),
      y: top + Math.floor(((random.float() + random.float()) * height) / 2),
    })
  }

  #move(): SimulatedRecord {
    const { width } = screens[this.#layout]
    const height = heights[this.#page][this.#layout]
    return this.#record('mouse-move', { x: this.#random.int(0, width - 1), y: this.#random.int(0, height - 1) })
  }

  #pickPart(): Part {
    const parts = partsOfPages[this.#page]
    const weightOf = ({ element, weight }: Part) =>
      weight * (element === 'button' && this.#variant === 'B' ? BUTTON_LIFT : 1)
    let left = this.#random.float() * parts.reduce((sum, part) => sum + weightOf(part), 0)
    for (const part of parts) {
      left -= weightOf(part)
      if (left < 0) return part
    }
    return parts[0]!
  }

  #record(eventType: WebEventType, what: Readonly<Record<string, unknown>>): SimulatedRecord {
    const atMs = this.nextMs
    const { writeInstant } = this.#options
    const { width, height } = screens[this.#layout]
    const eventId = this.#random.uuid()
    const value = JSON.stringify({
      ...{ eventId, eventType, timestamp: writeInstant(atMs), token: TOKEN },
      ...{ user_key: this.#userKey, sessionId: this.#session, current_page: SITE + this.#page },
      ...(this.#previous && { previousPage: SITE + this.#previous }),
      ...what,
      ...{ spent_milli_sec: atMs - this.#loadedMs, load_count: this.#loads },
      ...{ viewportWidth: width, viewportHeight: height },
      ...{ documentWidth: width, documentHeight: heights[this.#page][this.#layout] },
      variant: this.#variant,
      ...(this.#account && { account: this.#account }),
      user_agent: this.#userAgent,
    })
    const key = this.#userKey
    return { topic, key, eventId, value, atMs, actor: this.id, sequence: this.#sequence++, fault: null }
  }
}
