import { BROWSER_KEY_PREFIX } from '@millrace/contracts/browser-requests'
import type { TrackerCommands } from '../types/index.d.ts'
import { elapsed, machineTime } from './clock.ts'
import { describeClick } from './element.ts'
import { outline } from './outline.ts'
import { cut, publicAddress, px } from './page.ts'
import { append } from './queue.ts'
import { random, uuid } from './random.ts'
import { flush, schedule } from './sender.ts'
import { hasConsent, site } from './site.ts'
import { load, loadNumber, names, save } from './storage.ts'

/** From a page view to the outline of the page, ms: then most of it is there. */
const OUTLINE_DELAY_MS = 1_000
const MOVE_INTERVAL_MS = 1_000
/** Then events of a page that was left in the middle of sending may be sent by this one, ms. */
const ADOPTION_DELAY_MS = 6_000
/** Pages of a session whose outlines are told, in characters of their addresses. */
const MAX_OUTLINED = 9_000

const SESSION_MS = 1_800_000

let page = ''
let previous: string | undefined
let session = ''
let loads = 0

/** The session goes on, or a new one begins after 30 minutes without an event. Tabs share it, and the page that was viewed in it last. */
function touchSession(isView: boolean): void {
  const [id, lastMs, viewed] = load('millrace.s').split(' ')
  const isSame = Math.abs(machineTime() - +(lastMs as string)) < SESSION_MS
  session = (isSame && id) || random()
  if (isView || !isSame) previous = isSame ? viewed : undefined
  save('millrace.s', `${session} ${machineTime()} ${isSame && !isView ? viewed : page}`)
}

function record(eventType: string, about?: object): void {
  if (!hasConsent()) return
  touchSession(eventType === 'page-view')
  if (load('millrace.u').length !== 20) save('millrace.u', random())
  const root = document.documentElement
  append({
    eventId: uuid(),
    eventType,
    token: site.key,
    user_key: load('millrace.u'),
    sessionId: session,
    current_page: page,
    previousPage: previous,
    ...about,
    spent_milli_sec: elapsed(),
    load_count: loads,
    viewportWidth: px(innerWidth, 1),
    viewportHeight: px(innerHeight, 1),
    documentWidth: px(root.scrollWidth, 1),
    documentHeight: px(root.scrollHeight, 1),
    variant: cut(site.variant || root.dataset.millraceVariant, 64),
    account: cut(site.account, 128),
    user_agent: cut(navigator.userAgent, 512),
    dropped: loadNumber('millrace.d') || undefined,
  })
  schedule()
}

function view(): void {
  page = publicAddress(location)
  record('page-view')
  const viewed = page
  if (site.outline !== false)
    setTimeout(() => {
      let told = load('millrace.p')
      if (!told.startsWith(session)) told = session
      if (hasConsent() && page === viewed && told.length < MAX_OUTLINED && !told.includes(` ${page} `)) {
        save('millrace.p', `${told} ${page} `)
        record('page-outline', { outline: outline() })
      }
    }, OUTLINE_DELAY_MS)
}

/** A single-page site may have shown another page. */
function viewOther(): void {
  if (publicAddress(location) !== page) view()
}

function click(event: MouseEvent): void {
  const about = describeClick(event, site.anyElement)
  // Of the other buttons only the middle one does something: it opens links.
  if (!about || !event.isTrusted || event.button > (about.link ? 1 : 0)) return
  record('click', about)
  // The page may be left at once.
  if (about.link) flush()
}

/** Listens to events of the page. A fault of the tracker does not reach the page. */
function listen<Name extends keyof WindowEventMap>(name: Name, work: (event: WindowEventMap[Name]) => void): void {
  addEventListener(
    name,
    event => {
      try {
        work(event)
      } catch {}
    },
    true,
  )
}

function install(): void {
  loads = loadNumber('millrace.n') + 1
  save('millrace.n', loads)
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (this: History, ...args) {
      original.apply(this, args)
      viewOther()
    }
  }
  listen('popstate', viewOther)
  listen('hashchange', viewOther)
  listen('click', click)
  listen('auxclick', click)
  listen('online', flush)
  listen('visibilitychange', flush)
  listen('pagehide', () => flush(true))
  // Out of the back-forward cache.
  listen('pageshow', ({ persisted }) => persisted && view())
  let lastMs = 0
  if (site.mouseMoves)
    listen('mousemove', ({ pageX, pageY }) => {
      if (elapsed() - lastMs < MOVE_INTERVAL_MS) return
      lastMs = elapsed()
      record('mouse-move', { x: px(pageX), y: px(pageY) })
    })
  setTimeout(flush, ADOPTION_DELAY_MS)
}

function start(): void {
  if (document.prerendering) listen('prerenderingchange', start)
  else {
    if (!loads) install()
    view()
  }
}

/** What a site can say; a method for each command. */
export const commands: { readonly [Name in keyof TrackerCommands]: (value: TrackerCommands[Name]) => void } = {
  init(given) {
    if (site.key) return
    if (!`${given.key}`.startsWith(BROWSER_KEY_PREFIX) || !/^http.*[^/]$/.test(given.endpoint))
      return console.error('millrace: init: key must be mb_..., endpoint http... without / at the end')
    Object.assign(site, given, { consent: false })
    if (given.consent != null) commands.consent(given.consent)
  },

  consent(given) {
    // Global Privacy Control and Do Not Track mean no.
    if (!given || navigator.globalPrivacyControl || navigator.doNotTrack === '1') {
      site.consent = false
      for (const name of names('millrace.')) save(name)
      save('millrace.off', 1)
    } else if (!hasConsent() && site.key) {
      site.consent = true
      save('millrace.off')
      start()
    }
  },

  identify(account) {
    site.account = account
  },

  variant(variant) {
    site.variant = variant
  },
}

declare global {
  interface Document {
    readonly prerendering?: boolean
  }
  interface DocumentEventMap {
    prerenderingchange: Event
  }
  interface WindowEventMap {
    prerenderingchange: Event
    visibilitychange: Event
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean
  }
}
