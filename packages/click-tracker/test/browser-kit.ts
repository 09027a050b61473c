import { waitUntil } from '@millrace/testing'
import { skipWithout } from '@millrace/testing/vitest'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, type TestContext } from 'vitest'
import { type Door, openDoor } from './door.ts'
import { findChromium } from './find-chromium.ts'
import { type GatewayKit, type StoredEvent, startGateway } from './gateway-kit.ts'
import { openSite, type Site, type SitePage } from './site.ts'

const DEADLINE_MS = 120_000

/** A visit of a site of its own: pages, a door, a browser context. */
export interface Visit {
  readonly door: Door
  readonly gateway: GatewayKit
  readonly context: BrowserContext
  /** Address of the pages. */
  readonly url: string
  readonly site: Site
  readonly options: Readonly<Record<string, unknown>>
  /** A tab that shows a page of the site. */
  open(name: string): Promise<Page>
  /**
   * What is stored of the site, without outlines unless asked for, when so many events are there. An event that was sent again, because
   * its page was left before the answer came, is there once; both have the same bytes.
   */
  events(count: number, withOutlines?: boolean): Promise<StoredEvent[]>
  /** How many events of the site are stored more than once. */
  repeated(): Promise<number>
  /** Waits until the browser has nothing unsent. */
  sent(page: Page): Promise<void>
}

export interface VisitOptions {
  readonly pages?: Readonly<Record<string, SitePage>>
  readonly options?: Readonly<Record<string, unknown>>
  /** Runs in each page before anything else. */
  readonly script?: string
  readonly key?: string
  /** A gateway of the test's own, to which `key` belongs. */
  readonly gateway?: GatewayKit
}

/** What is unsent in the browser. */
export const unsent = (page: Page): Promise<number> =>
  page.evaluate(`Object.keys(localStorage).filter(name => name.startsWith('millrace.q')).length`)

const simple: SitePage = { body: '<a id="go" href="other?x=1">Other</a><button id="buy">Buy</button>' }

/**
 * One browser, one gateway and one site for the tests of a file.
 * @param args for the browser  @param without default arguments of the automation that are left out
 */
export function useBrowser({
  args = [],
  without = [],
}: {
  args?: readonly string[]
  without?: readonly string[]
} = {}) {
  const { file, reason } = findChromium(process.env)
  let browser: Browser
  let shared: GatewayKit
  let site: Site
  let key = ''
  let visits = 0

  beforeAll(async () => {
    if (file === null) return
    shared = await startGateway()
    site = await openSite()
    browser = await chromium.launch({ executablePath: file, args: [...args], ignoreDefaultArgs: [...without] })
    key = (await shared.addKey([site.origin, `http://shop.test:${site.port}`], { recordsPerSecond: 10_000 })).key
  })
  afterAll(async () => {
    await browser?.close()
    await site?.stop()
    await shared?.stop()
  })

  return async function visit(test: TestContext, given: VisitOptions = {}): Promise<Visit> {
    skipWithout(test, reason)
    const gateway = given.gateway ?? shared
    const door = await openDoor(gateway.url)
    const context = await browser.newContext()
    context.setDefaultTimeout(DEADLINE_MS)
    const errors: Error[] = []
    test.onTestFinished(async () => {
      await context.close()
      await door.stop()
      // The tracker never disturbs a page.
      if (errors[0]) throw errors[0]
    })
    if (given.script !== undefined) await context.addInitScript(given.script)
    const path = `/visit-${visits++}/`
    const options = { endpoint: door.url, key: given.key ?? key, consent: true, ...given.options }
    const url = site.add(path, { '': simple, other: simple, ...given.pages }, options)
    return {
      door,
      gateway,
      context,
      url,
      site,
      options,
      async open(name) {
        const page = await context.newPage()
        page.on('pageerror', error => errors.push(error))
        await page.goto(url + name)
        await page.waitForFunction('window.millrace && window.millrace.isReady')
        return page
      },
      async events(count, withOutlines = false) {
        let found: StoredEvent[] = []
        await waitUntil(
          async () => {
            const all = (await gateway.stored(path)).filter(
              ({ eventType }) => withOutlines || eventType !== 'page-outline',
            )
            const byId = new Map(all.map(event => [event.eventId, event]))
            expect(all.filter(({ eventId, bytes }) => byId.get(eventId)!.bytes !== bytes)).toEqual([])
            found = [...byId.values()].toSorted((a, b) => a.timestamp.localeCompare(b.timestamp))
            return found.length >= count
          },
          { deadlineMs: DEADLINE_MS, intervalMs: 200, what: `${count} events of ${path}` },
        )
        return found
      },
      async repeated() {
        const all = await gateway.stored(path)
        return all.length - new Set(all.map(({ eventId }) => eventId)).size
      },
      sent: async page => {
        await waitUntil(async () => (await unsent(page)) === 0, {
          deadlineMs: DEADLINE_MS,
          what: 'everything to be sent',
        })
      },
    }
  }
}
