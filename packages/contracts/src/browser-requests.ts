/*
 * What pages in browsers and the gateway agree on. Without imports, so that the tracker can contain it.
 *
 * A request of a page has its browser key and its time in the address and a JSON array as text/plain. Browsers send such a request
 * without asking first (a preflight), also while a page closes.
 */

export const BROWSER_KEY_PREFIX = 'mb_'

/** Form of a browser key. It is public: everyone who opens the page can read it. */
export const BROWSER_KEY = /^mb_[A-Za-z0-9]{1,64}$/

/** Query parameter with the browser key. */
export const KEY_PARAMETER = 'key'

/** Query parameter with the time of sending by the clock of the browser, whole ms since the epoch. */
export const SENT_PARAMETER = 'sent'

/** Status of the answer to a request whose time of sending is wrong. Its `now` is the time of the gateway, ms since the epoch. */
export const CLOCK_SKEW_STATUS = 409
