import { webRaw } from '@millrace/domains/web/contract'
import { waitUntil } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './browser-kit.ts'
import type { StoredEvent } from './gateway-kit.ts'

const visit = useBrowser({ without: ['--disable-back-forward-cache'] })

const told = ({ eventType, current_page, element, label, link }: StoredEvent) =>
  [eventType, new URL(current_page).pathname.split('/').at(-1) + new URL(current_page).hash, element, label, link]
    .filter(part => part !== undefined)
    .join(' ')

describe.concurrent('the tracker records', () => {
  it('page views and clicks on links, buttons and labelled elements, in fields of the contract and no other', async test => {
    const { open, events, sent, door, url, gateway } = await visit(test, {
      pages: {
        '': {
          body: `<main><a id="go" href="other?mail=a@b.example#part"><b>Other</b></a><button>First</button><button id="buy"><i>Buy</i></button>
            <section data-millrace-label="offer"><p id="offer">An offer</p></section><p id="plain">Text</p>
            <a id="mail" href="mailto:ann@shop.example?subject=secret">Mail</a></main>`,
        },
      },
      options: { variant: 'B' },
    })
    const page = await open('?utm=secret#part')
    await page.click('#buy i', { position: { x: 3, y: 4 } })
    await page.click('#offer')
    await page.click('#plain')
    await page.evaluate(`document.querySelector('#mail').addEventListener('click', event => event.preventDefault())`)
    await page.click('#mail')
    await page.click('#go b')
    await page.waitForURL(/other/)
    await sent(page)
    const found = await events(6)
    expect(found.map(told)).toEqual([
      'page-view ',
      'click  button',
      'click  labelled offer',
      'click  link mailto:',
      `click  link ${url}other`,
      'page-view other',
    ])
    for (const { bytes } of found) {
      const event = JSON.parse(bytes)
      expect(webRaw.strict().safeParse(event).error).toBeUndefined()
      expect(bytes).not.toMatch(/secret|@|Other|Buy|offer">|First|part/)
    }
    const [view, buy, , , , next] = found
    expect(view).toMatchObject({
      current_page: url,
      load_count: 1,
      viewportWidth: 1280,
      viewportHeight: 720,
      variant: 'B',
    })
    expect(view!.previousPage).toBeUndefined()
    expect(buy).toMatchObject({ elementPath: 'body>main>button:nth-of-type(2)', documentWidth: 1280 })
    expect([buy!.x! > 0, buy!.y]).toEqual([true, expect.any(Number)])
    expect(next).toMatchObject({ current_page: `${url}other`, previousPage: url, load_count: 2 })
    expect(new Set(found.map(({ user_key }) => user_key)).size).toBe(1)
    expect(new Set(found.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect(await gateway.refused()).toEqual([])
    // Without a preflight, a cookie or the address of the page.
    expect(door.requests.map(({ method }) => method)).not.toContain('OPTIONS')
    for (const { headers } of door.requests) {
      expect(headers.cookie).toBeUndefined()
      expect(headers.referer).toBeUndefined()
    }
  })

  it('the pages of a single-page site, with history and with hash routes, and not other changes of the address', async test => {
    const { open, events, sent } = await visit(test)
    const page = await open('')
    await page.evaluate(`history.pushState(null, '', 'other')`)
    await page.evaluate(`history.replaceState(null, '', 'other?filter=red')`)
    await page.evaluate(`history.replaceState(null, '', 'other#top')`)
    await page.evaluate(`location.hash = '#/cart?voucher=1'`)
    await page.evaluate(`location.hash = '#!/checkout'`)
    await page.waitForFunction(`location.hash === '#!/checkout'`)
    await page.goBack()
    await page.waitForFunction(`location.hash === '#/cart?voucher=1'`)
    await sent(page)
    const found = await events(5)
    expect(found.map(told)).toEqual([
      'page-view ',
      'page-view other',
      'page-view other#/cart',
      'page-view other#!/checkout',
      'page-view other#/cart',
    ])
    expect(found.map(({ previousPage }) => previousPage)).toEqual([
      undefined,
      ...found.slice(0, -1).map(({ current_page }) => current_page),
    ])
    expect(new Set(found.map(({ load_count }) => load_count))).toEqual(new Set([1]))
  })

  it('nothing that people type: of a field only a click in a labelled one', async test => {
    const { open, events, sent, gateway } = await visit(test, {
      pages: {
        '': {
          body: `<form data-millrace-label="signup" id="secret-id" class="secret-class" title="secret title"><input id="name" placeholder="secret"></form>
            <textarea id="note">secret</textarea><select id="choice"><option>secret</option></select>
            <div id="editor" contenteditable>secret <a href="/secret" id="inside">secret</a></div><input type="submit" id="send" value="secret">`,
        },
      },
      options: { anyElement: true, mouseMoves: true },
    })
    const page = await open('')
    await page.click('#name')
    await page.keyboard.type('secret')
    await page.fill('#note', 'secret too')
    await page.click('#note')
    await page.click('#editor')
    await page.keyboard.type('secret')
    await page.click('#inside', { modifiers: ['Alt'] })
    await page.evaluate(`document.querySelector('#send').form`)
    await page.click('#send')
    await sent(page)
    const found = await events(3, true)
    expect(found.map(told).filter(text => text.startsWith('click'))).toEqual([
      'click  labelled signup',
      'click  button',
    ])
    expect(found.map(({ bytes }) => bytes).join()).not.toContain('secret')
    expect(await gateway.refused()).toEqual([])
  })

  it('clicks by the keyboard in the middle of the element, and clicks anywhere and the mouse where that is wanted', async test => {
    const { open, events, sent } = await visit(test, {
      pages: {
        '': {
          body: '<button style="position:absolute;left:100px;top:1000px;width:50px;height:20px" id="buy"></button><p id="text">Text</p>',
        },
      },
      options: { anyElement: true, mouseMoves: true },
    })
    const page = await open('')
    await page.focus('#buy')
    await page.keyboard.press('Enter')
    await page.click('#text')
    await page.mouse.move(30, 40)
    await page.mouse.move(31, 41)
    await page.evaluate(`document.querySelector('#buy').click()`)
    await sent(page)
    const found = await events(4)
    const clicks = found.filter(({ eventType }) => eventType === 'click')
    expect(clicks.map(({ element, x, y }) => [element, x, y])).toEqual([
      ['button', 125, 1010],
      ['other', expect.any(Number), expect.any(Number)],
    ])
    const moves = found.filter(({ eventType }) => eventType === 'mouse-move')
    const at = moves.map(({ timestamp }) => Date.parse(timestamp))
    // At most one in a second.
    expect(at.length).toBeGreaterThan(0)
    for (const [index, timeMs] of at.entries()) if (index > 0) expect(timeMs - at[index - 1]!).toBeGreaterThan(995)
  })

  it('the outline of a page once a session, without a text, in time also with 10,000 elements', async test => {
    const { open, events, sent } = await visit(test, {
      pages: {
        '': {
          body: `<header><h1>secret</h1></header><img alt="secret" width="10" height="10" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"><div hidden><a href="#">hidden</a></div>
            ${'<div><a href="#x">secret</a></div>'.repeat(5_000)}<div id="last" data-millrace-label="last">x</div>`,
        },
      },
    })
    const page = await open('')
    await events(2, true)
    // How long the page is busy with a click among 10,000 elements.
    await page.evaluate(`(() => { document.body.addEventListener('click', () => { window.tookMs = performance.now() - window.beganMs })
      window.addEventListener('pointerup', () => { window.beganMs = performance.now() }, true) })()`)
    await page.click('#last')
    expect(await page.evaluate('window.tookMs')).toBeLessThan(250)
    await page.reload()
    await page.waitForFunction('window.millrace && window.millrace.isReady')
    await page.click('#last')
    await sent(page)
    const found = await events(5, true)
    expect(found.map(told)).toEqual([
      'page-view ',
      'page-outline ',
      'click  labelled last',
      'page-view ',
      'click  labelled last',
    ])
    const { outline, bytes } = found[1]!
    expect(outline).toHaveLength(100)
    expect(outline!.slice(0, 4).map(({ tag }) => tag)).toEqual(['header', 'h1', 'img', 'a'])
    expect(outline![2]).toMatchObject({ width: 10, height: 10 })
    expect(bytes).not.toContain('secret')
    expect(bytes.length).toBeLessThan(12_000)
  })

  it('account and variant as the site says them, also where it says them before the script is there', async test => {
    const { open, events, sent } = await visit(test, {
      pages: {
        '': {
          head: `<script>window.millrace = function () { (millrace.q = millrace.q || []).push(arguments) }; millrace('identify', 'ann'); millrace('variant', 'C')</script>`,
          body: '<button id="buy"></button>',
        },
      },
    })
    const page = await open('')
    await page.click('#buy')
    await page.evaluate(`millrace('identify', null); millrace('variant', ${JSON.stringify('\u{1f600}'.repeat(40))})`)
    await page.click('#buy')
    await page.evaluate(`millrace('variant', null); document.documentElement.dataset.millraceVariant = 'D'`)
    await page.click('#buy')
    await sent(page)
    const found = await events(4)
    expect(found.map(({ account, variant }) => [account, variant])).toEqual([
      ['ann', 'C'],
      ['ann', 'C'],
      [undefined, '\u{1f600}'.repeat(32)],
      [undefined, 'D'],
    ])
  })

  it('a page again when it comes back out of the back-forward cache', async test => {
    const { open, events, sent } = await visit(test)
    const page = await open('')
    await sent(page)
    await page.evaluate('window.isSame = true')
    await page.click('#go')
    await page.waitForURL(/other/)
    await page.waitForFunction('window.millrace && window.millrace.isReady')
    await sent(page)
    await page.goBack({ waitUntil: 'commit' })
    await page.waitForFunction('window.isSame')
    await page.click('#buy')
    await sent(page)
    const found = await events(5)
    expect(found.map(told).filter(text => !text.includes('link'))).toEqual([
      'page-view ',
      'page-view other',
      'page-view ',
      'click  button',
    ])
    expect(found.map(({ load_count }) => load_count)).toEqual([1, 1, 2, 1, 1])
  })

  // Chromium prerenders no page that a debugger is attached to, so this is what it would say.
  it('a prerendered page only when it is shown', async test => {
    const { open, events, sent, door } = await visit(test, {
      script: `window.isPrerendering = true; Object.defineProperty(Document.prototype, 'prerendering', { get: () => isPrerendering })`,
    })
    const page = await open('')
    await page.click('#buy')
    await page.waitForTimeout(2_500)
    expect(await page.evaluate(`Object.keys(localStorage).filter(name => name !== 'millrace.off')`)).toEqual([])
    expect(door.requests).toEqual([])
    await page.evaluate(`isPrerendering = false; document.dispatchEvent(new Event('prerenderingchange'))`)
    await page.click('#buy')
    await sent(page)
    expect((await events(2)).map(told)).toEqual(['page-view ', 'click  button'])
  })

  it('another session after 30 minutes without an event', async test => {
    const { context, url, events, sent, door } = await visit(test)
    // The clock of the page leaves that of the gateway: until it stands still nothing is answered.
    door.onEvents = () => 'cut'
    const page = await context.newPage()
    await page.clock.install()
    await page.goto(url)
    await page.waitForFunction('window.millrace && window.millrace.isReady')
    for (const [index, time] of ['29:00', '31:00'].entries()) {
      await page.clock.fastForward(time)
      await page.evaluate(`millrace('variant', '${index}')`)
      await page.click('#buy')
    }
    door.onEvents = undefined
    await page.clock.fastForward('00:10')
    await sent(page)
    const found = await events(3)
    const sessionOf = (variant: string | undefined) => found.find(event => event.variant === variant)!.sessionId
    expect(sessionOf('0')).toBe(sessionOf(undefined))
    expect(sessionOf('1')).not.toBe(sessionOf('0'))
    expect(new Set(found.map(({ user_key }) => user_key)).size).toBe(1)
  })

  it('a page once, where two tags or two versions are on it', async test => {
    const { open, events, sent, options } = await visit(test, {
      pages: { '': { body: `<button id="buy"></button><script src="/none"></script>` } },
    })
    const page = await open('')
    const endpoint = String(options.endpoint)
    await page.addScriptTag({ url: `${endpoint}/tracker/v1.js` })
    await page.evaluate(`millrace('init', ${JSON.stringify({ ...options, variant: 'second' })})`)
    await page.click('#buy')
    await sent(page)
    const found = await events(2)
    expect(found.map(told)).toEqual(['page-view ', 'click  button'])
  })
})

describe.concurrent('the tracker records nothing', () => {
  const stored = 'Object.keys(localStorage).length + document.cookie.length'

  it('before the visitor agrees, and forgets everything when the visitor no longer does, in every tab', async test => {
    const { open, events, sent, door } = await visit(test, { options: { consent: undefined } })
    const page = await open('')
    await page.click('#buy')
    expect(await page.evaluate(stored)).toBe(0)
    await page.evaluate(`millrace('consent', true)`)
    await page.click('#buy')
    await sent(page)
    const first = await events(2)
    expect(first.map(told)).toEqual(['page-view ', 'click  button'])
    const other = await open('other')
    await other.evaluate(`millrace('consent', true)`)
    await sent(other)
    const known = await events(3)
    await other.evaluate(`millrace('consent', false)`)
    expect(await other.evaluate('Object.keys(localStorage)')).toEqual(['millrace.off'])
    await waitUntil(async () => (await page.evaluate('Object.keys(localStorage).length')) === 1, {
      deadlineMs: 30_000,
      what: 'the other tab to see it',
    })
    await page.click('#buy')
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual(['millrace.off'])
    const requests = door.requests.length
    await page.evaluate(`millrace('consent', true)`)
    await sent(page)
    const found = await events(4)
    expect(found.at(-1)!.user_key).not.toBe(known[0]!.user_key)
    expect(door.requests.length).toBeGreaterThan(requests)
  })

  it.for([
    ['Global Privacy Control', 'globalPrivacyControl', 'true'],
    ['Do Not Track', 'doNotTrack', '"1"'],
  ])('where the browser says %s, also with consent', async ([, name, value], test) => {
    const { open, door } = await visit(test, {
      script: `Object.defineProperty(Navigator.prototype, '${name}', { get: () => ${value} }); localStorage['millrace.u'] = 'x'.repeat(20)`,
    })
    const page = await open('')
    await page.click('#buy')
    await page.evaluate(`millrace('consent', true)`)
    await page.click('#buy')
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual(['millrace.off'])
    await page.close()
    expect(door.requests).toEqual([])
  })

  it('with an API key, and says why', async test => {
    const { context, url, site, options } = await visit(test)
    const said: string[] = []
    const page = await context.newPage()
    page.on('console', message => said.push(message.text()))
    const path = new URL(url).pathname
    site.add(path, { wrong: {} }, { ...options, key: 'mr_secret_xxxxxxxx' })
    await page.goto(`${url}wrong`)
    await page.waitForFunction('window.millrace && window.millrace.isReady')
    await waitUntil(() => said.length > 0, { deadlineMs: 30_000, what: 'a message' })
    expect(said).toEqual(['millrace: init: key must be mb_..., endpoint http... without / at the end'])
    expect(await page.evaluate(stored)).toBe(0)
  })
})
