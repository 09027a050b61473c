import { SENT_PARAMETER } from '@millrace/contracts/browser-requests'
import { waitUntil } from '@millrace/testing'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { unsent, useBrowser, type Visit } from './browser-kit.ts'
import { startGateway } from './gateway-kit.ts'

const visit = useBrowser({ args: ['--host-resolver-rules=MAP shop.test 127.0.0.1'] })
const YEAR_MS = 365 * 86_400_000

/** Only page views and clicks of one button: so that what must arrive can be counted. */
const plain = { pages: { '': { body: '<button id="buy">Buy</button>' } }, options: { outline: false } }

async function clicks(page: Page, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await page.click('#buy')
}

/** What is unsent in the browser, as text. */
const queue = (page: Page) =>
  page.evaluate<string[]>(
    `Object.keys(localStorage).filter(name => name.startsWith('millrace.q')).map(name => localStorage[name])`,
  )

/** Waits for a request that fulfils this. */
const seen = ({ door }: Visit, what: string, isIt: (request: Visit['door']['requests'][number]) => boolean) =>
  waitUntil(() => door.requests.find(isIt), { deadlineMs: 120_000, what })

/** Nothing acknowledged is missing, and nothing is stored twice. */
async function expectExact(visited: Visit, count: number): Promise<void> {
  const found = await visited.events(count)
  expect(found).toHaveLength(count)
  expect(await visited.repeated()).toBe(0)
  const ids = new Set(found.map(({ eventId }) => eventId))
  for (const id of visited.door.requests.flatMap(({ acknowledged }) => acknowledged)) expect(ids).toContain(id)
}

describe.concurrent('events arrive once', () => {
  it('after a time without a network', async test => {
    const visited = await visit(test, plain)
    const page = await visited.open('')
    await visited.sent(page)
    await visited.context.setOffline(true)
    await clicks(page, 3)
    expect(await unsent(page)).toBe(3)
    await visited.context.setOffline(false)
    await visited.sent(page)
    await expectExact(visited, 4)
  })

  it('after a reload with a full queue, of which the oldest were dropped and counted', async test => {
    const visited = await visit(test, plain)
    visited.door.onEvents = () => 'cut'
    const page = await visited.open('')
    // Addresses are cut at 2,048 characters.
    await page.evaluate(
      `for (let n = 0; n < 130; n++) history.pushState(null, '', 'page-' + n + '-' + 'x'.repeat(2_100))`,
    )
    const queued = await queue(page)
    expect(queued.join('').length).toBeLessThanOrEqual(250_000)
    expect(queued.length).toBeGreaterThan(40)
    const leftMs = await page.evaluate<number>('Date.now()')
    await page.goto(visited.url)
    await page.waitForFunction('window.millrace && window.millrace.isReady')
    // What the page sent when it was left may arrive later than this.
    const reloadedMs = await page.evaluate<number>('Date.now()')
    visited.door.onEvents = ({ address }) =>
      Number(new URL(address, visited.url).searchParams.get(SENT_PARAMETER)) <= reloadedMs ? 'cut' : undefined
    await visited.sent(page)
    await clicks(page, 1)
    await visited.sent(page)
    const found = await visited.events(queued.length)
    expect(found.length + found.at(-1)!.dropped!).toBe(130 + 3)
    expect(await visited.repeated()).toBe(0)
    for (const { bytes } of visited.door.requests) expect(bytes).toBeLessThan(32_768)
    // Those of the page that was left: oldest first.
    const sent = visited.door.requests
      .filter(({ status }) => status === 200)
      .flatMap(({ timestamps }) => timestamps.filter(time => Date.parse(time) <= leftMs))
    expect(sent).toEqual(sent.toSorted())
  })

  it('from two tabs that were without a network together, on a site without TLS', async test => {
    const visited = await visit(test, plain)
    const url = visited.url.replace('127.0.0.1', 'shop.test')
    const pages = [await visited.context.newPage(), await visited.context.newPage()]
    for (const page of pages) {
      await page.goto(url)
      await page.waitForFunction('window.millrace && window.millrace.isReady')
      await visited.sent(page)
    }
    expect(await pages[0]!.evaluate('isSecureContext')).toBe(false)
    await visited.context.setOffline(true)
    for (const page of pages) await clicks(page, 4)
    // A tab sees what another one stores a moment later.
    await waitUntil(async () => (await unsent(pages[0]!)) === 8, {
      deadlineMs: 120_000,
      what: 'the events of both tabs',
    })
    // Old enough that each tab may send those of the other one.
    await pages[0]!.waitForTimeout(5_500)
    await visited.context.setOffline(false)
    for (const page of pages) await visited.sent(page)
    await expectExact(visited, 10)
    const found = await visited.events(10)
    expect(new Set(found.map(({ user_key }) => user_key)).size).toBe(1)
  })

  it('from its own tab when the network is back, also where those of another tab are old', async test => {
    const visited = await visit(test, plain)
    const [first, second] = [await visited.open(''), await visited.open('')]
    for (const page of [first, second]) await visited.sent(page)
    await visited.context.setOffline(true)
    for (const page of [first, second]) await clicks(page, 2)
    // The second tab does not notice that the network is back.
    await second.evaluate(`Object.defineProperty(navigator, 'onLine', { value: false, configurable: true })`)
    await first.waitForTimeout(5_500)
    const before = visited.door.requests.length
    await visited.context.setOffline(false)
    await waitUntil(async () => (await unsent(first)) <= 2, {
      deadlineMs: 120_000,
      what: 'the events of the first tab',
    })
    expect(visited.door.requests.slice(before).flatMap(({ ids }) => ids)).toHaveLength(2)
    await second.evaluate(`delete navigator.onLine, dispatchEvent(new Event('online'))`)
    await visited.sent(second)
    await expectExact(visited, 6)
  })

  it('when the answers were lost: they are sent again as they were', async test => {
    const visited = await visit(test, plain)
    const page = await visited.open('')
    await visited.sent(page)
    let lost = 0
    visited.door.onEvents = () => (lost++ === 0 ? 'cut-answer' : undefined)
    await clicks(page, 2)
    await visited.sent(page)
    const found = await visited.events(3)
    expect(found).toHaveLength(3)
    expect(await visited.repeated()).toBeGreaterThan(0)
  })

  it('when the page is closed in the middle of sending', async test => {
    const visited = await visit(test, plain)
    const held = Promise.withResolvers<undefined>()
    const page = await visited.open('')
    await visited.sent(page)
    visited.door.onEvents = () => held.promise
    await clicks(page, 2)
    await seen(visited, 'a request', ({ status, ids }) => status === 0 && ids.length > 0)
    await clicks(page, 1)
    await page.close({ runBeforeUnload: true })
    await waitUntil(() => new Set(visited.door.requests.flatMap(({ ids }) => ids)).size === 4, {
      deadlineMs: 120_000,
      what: 'what was left to be sent at the end',
    })
    held.resolve(undefined)
    await visited.events(4)
    // The browser does not know that they arrived: the next page asks.
    const next = await visited.open('')
    await visited.sent(next)
    const found = await visited.events(5)
    expect(found).toHaveLength(5)
  })
})

describe.concurrent('the tracker waits', () => {
  it('as long as a quota says', async test => {
    const visited = await visit(test)
    const { key } = await visited.gateway.addKey([visited.site.origin], { recordsPerSecond: 1 })
    const own = await visit(test, { ...plain, key })
    const page = await own.open('')
    await own.sent(page)
    await page.evaluate(`for (let n = 0; n < 8; n++) history.pushState(null, '', 'page-' + n)`)
    await own.sent(page)
    await clicks(page, 1)
    await own.sent(page)
    expect(own.door.requests.map(({ status }) => status)).toContain(429)
    await expectExact(own, 10)
  })

  it('as long as a gateway says that cannot store', async test => {
    const visited = await visit(test, plain)
    const page = await visited.open('')
    await visited.sent(page)
    const refusedAt: number[] = []
    visited.door.onEvents = async () => {
      refusedAt.push(performance.now())
      return refusedAt.length === 1
        ? {
            status: 503,
            headers: { 'retry-after': '5', 'access-control-expose-headers': 'retry-after' },
            body: '{"code":"overloaded"}',
          }
        : undefined
    }
    await clicks(page, 1)
    await seen(visited, 'a refusal', () => refusedAt.length === 1)
    // Neither another event nor a reload brings it forward.
    await clicks(page, 1)
    await page.reload()
    await visited.sent(page)
    expect(refusedAt[1]! - refusedAt[0]!).toBeGreaterThanOrEqual(5_000)
    expect(await visited.events(4)).toHaveLength(4)
  })

  it('while the log is down, and sends each event once when it is there again', async test => {
    const gateway = await startGateway()
    test.onTestFinished(() => gateway.stop())
    const { site } = await visit(test)
    const { key } = await gateway.addKey([site.origin], { recordsPerSecond: 100 })
    const visited = await visit(test, { ...plain, gateway, key })
    gateway.isLogDown = true
    const page = await visited.open('')
    await seen(visited, 'a refusal', ({ status }) => status === 503)
    await clicks(page, 2)
    gateway.isLogDown = false
    await visited.sent(page)
    await expectExact(visited, 3)
  })
})

describe.concurrent('the tracker goes on', () => {
  it('with a storage that is full', async test => {
    const visited = await visit(test, {
      ...plain,
      script: `try { for (let size = 1 << 22; size >= 1; size >>= 1) for (;;) try { localStorage['site.' + size + Math.random()] = 'x'.repeat(size) } catch { break } } catch {}`,
    })
    const page = await visited.open('')
    await clicks(page, 2)
    const found = await visited.events(3)
    expect(found).toHaveLength(3)
    expect(new Set(found.map(({ user_key }) => user_key)).size).toBe(1)
    expect(await unsent(page)).toBe(0)
    await expectExact(visited, 3)
  })

  it('with a storage that is forbidden', async test => {
    const visited = await visit(test, {
      ...plain,
      script: `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('forbidden', 'SecurityError') } }); LockManager.prototype.request = () => Promise.reject(new DOMException('forbidden', 'SecurityError'))`,
    })
    const page = await visited.open('')
    await clicks(page, 2)
    await expectExact(visited, 3)
  })

  it('when the storage is cleared: as another visitor, without what was unsent', async test => {
    const visited = await visit(test, plain)
    const page = await visited.open('')
    await visited.sent(page)
    await visited.context.setOffline(true)
    await clicks(page, 1)
    await page.evaluate('localStorage.clear()')
    await visited.context.setOffline(false)
    await clicks(page, 2)
    await visited.sent(page)
    const found = await visited.events(3)
    expect(found).toHaveLength(3)
    expect(new Set(found.map(({ user_key }) => user_key)).size).toBe(2)
  })

  it.for([
    ['a year behind', -YEAR_MS],
    ['a year ahead', YEAR_MS],
  ] as const)('with a clock that is %s: it learns the time, and stores right times only', async ([, wrongMs], test) => {
    const visited = await visit(test, {
      ...plain,
      script: `{ const now = Date.now; Date.now = () => now() + ${wrongMs} }`,
    })
    const page = await visited.open('')
    await clicks(page, 1)
    await visited.sent(page)
    await clicks(page, 1)
    await visited.sent(page)
    const next = await visited.open('')
    await visited.sent(next)
    const found = await visited.events(4)
    for (const { timestamp } of found)
      expect(Math.abs(Date.parse(timestamp) - performance.timeOrigin - performance.now())).toBeLessThan(120_000)
    expect(visited.door.requests.filter(({ status }) => status === 409)).toHaveLength(1)
    expect(new Set(found.map(({ sessionId }) => sessionId)).size).toBe(1)
    await expectExact(visited, 4)
  })

  it('with a clock that jumps', async test => {
    const visited = await visit(test, {
      ...plain,
      script: `{ const now = Date.now; window.jumpMs = 0; Date.now = () => now() + jumpMs }`,
    })
    const page = await visited.open('')
    for (const jumpMs of [YEAR_MS, -YEAR_MS, 0]) {
      await page.evaluate(`jumpMs = ${jumpMs}`)
      await clicks(page, 1)
      await visited.sent(page)
    }
    const found = await visited.events(4)
    expect(new Set(found.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect(visited.door.requests.map(({ status }) => status)).not.toContain(409)
    await expectExact(visited, 4)
  })

  it('when something that is not the gateway answers in its place', async test => {
    const visited = await visit(test, plain)
    const answers = [
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in to the network</html>' },
      { status: 200, headers: { 'content-type': 'application/json' }, body: '{"results":[],"accepted":0,"failed":0}' },
      { status: 200, headers: { 'content-type': 'application/json' }, body: 'null' },
    ]
    visited.door.onEvents = () => answers.shift()
    const page = await visited.open('')
    await clicks(page, 1)
    await visited.sent(page)
    expect(answers).toEqual([])
    await expectExact(visited, 2)
  })

  it('until the key is revoked: then no request follows before the next page, and events stay queued', async test => {
    const first = await visit(test)
    const made = await first.gateway.addKey([first.site.origin], { recordsPerSecond: 100 })
    const visited = await visit(test, { ...plain, key: made.key })
    const page = await visited.open('')
    await visited.sent(page)
    await visited.gateway.revoke(made)
    await clicks(page, 1)
    await seen(visited, 'a refusal', ({ status }) => status === 401)
    const before = visited.door.requests.length
    await clicks(page, 1)
    await page.waitForTimeout(3_500)
    expect(visited.door.requests).toHaveLength(before)
    expect(await unsent(page)).toBe(2)
    await expectExact(visited, 1)
  })

  it.for([
    ['the script', `script-src 'unsafe-inline'`],
    ['its requests', `connect-src 'none'`],
  ])('as a page that works, where a content security policy blocks %s', async ([, policy], test) => {
    const visited = await visit(test, {
      pages: {
        '': {
          body: `<button id="buy" onclick="this.textContent = 'bought'">Buy</button>`,
          headers: { 'content-security-policy': policy! },
        },
      },
    })
    const page = await visited.context.newPage()
    const errors: Error[] = []
    page.on('pageerror', error => errors.push(error))
    await page.goto(visited.url)
    await page.click('#buy')
    await page.click('text=bought')
    await page.evaluate(`millrace('identify', 'ann')`)
    if (policy!.startsWith('connect')) {
      await page.waitForFunction('millrace.isReady')
      await page.waitForTimeout(1_500)
      expect(await unsent(page)).toBeGreaterThan(1)
    }
    expect(errors).toEqual([])
    expect(visited.door.requests).toEqual([])
  })
})
