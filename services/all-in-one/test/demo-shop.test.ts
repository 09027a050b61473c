import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { systemClock } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = mkdtempSync(path.join(os.tmpdir(), 'demo-shop-'))
const terminal = captureTerminal()
const abort = new AbortController()
const PAGES = ['', 'product', 'basket', 'live', 'shop.css', 'shop.js', 'live.js']
const DEADLINE = { timeout: 60_000, interval: 20 }
let done: Promise<number>
let origin: string
let shop: string
let key: string

beforeAll(async () => {
  const environment = {}
  const args = ['gateway', '--port', '0', '--data', directory, '--domains', 'web']
  done = runCli(args, { terminal, stdin: Readable.from([]), signal: abort.signal, environment, clock: systemClock })
  await vi.waitFor(() => expect(terminal.said.join('\n')).toContain('Ctrl-C stops it.'), DEADLINE)
  shop = /A shop to click around in: (\S+)/.exec(terminal.said.join('\n'))![1]!
  origin = new URL(shop).origin
  key = /mb_[A-Za-z0-9]+/.exec(await (await fetch(`${shop}shop.js`)).text())![0]
})
afterAll(async () => {
  abort.abort()
  await done
  rmSync(directory, { recursive: true, force: true })
})

const event = (id: number, token: string) => ({
  ...{ eventId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`, eventType: 'page-view', token },
  ...{ timestamp: new Date(Date.UTC(2026, 0, 1)).toISOString(), user_key: 'q8Zt4mXw1LhB7rYc0PnD' },
  current_page: `${origin}/shop/`,
})

const send = (events: readonly object[], from: string): Promise<Response> =>
  fetch(`${origin}/v1/events/web?key=${key}&sent=${Date.now()}`, {
    method: 'POST',
    headers: { origin: from },
    body: JSON.stringify(events),
  })

/** What a viewer of the live view is told until the gateway ends the answer. */
async function watch() {
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  const response = await fetch(`${shop}events`, { signal: ended.signal })
  const told: string[] = []
  const read = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream()))
      told.push(...chunk.split('\n').filter(line => line.startsWith('data: ')))
  })()
  read.catch(() => {})
  return { told, read, type: response.headers.get('content-type') }
}

describe('the demo shop', () => {
  it.each(PAGES)('serves /shop/%s, which loads nothing from elsewhere', async page => {
    const response = await fetch(shop + page)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    const text = await response.text()
    expect(text).not.toContain('__KEY__')
    expect(text.match(/(?:src|href)="(?:https?:)?\/\/[^"]+"/g)).toBeNull()
    // Each page that is named is there.
    for (const [, link = ''] of text.matchAll(/(?:src|href|data-shop-goto)="([^"]+)"/g)) {
      const linked = await fetch(new URL(link, shop + page))
      expect(linked.status, link).toBe(200)
      await linked.body?.cancel()
    }
  })

  it('has a browser key for its own pages', async () => {
    expect((await send([event(1, key)], origin)).status).toBe(200)
    expect((await send([event(2, key)], origin.replace('127.0.0.1', 'localhost'))).status).toBe(200)
    expect((await send([event(3, key)], 'https://elsewhere.example')).status).toBe(403)
  })

  it('shows what arrives from its own pages, and nothing else, to every viewer from when it connects', async () => {
    const [one, two] = [await watch(), await watch()]
    expect(one.type).toBe('text/event-stream')
    // Both are told the topic first; the log is asked twice a second.
    await vi.waitFor(() => expect([one.told[0], two.told[0]]).toEqual(Array(2).fill('data: "web.raw"')), DEADLINE)
    const marker = event(10, key)
    await vi.waitFor(
      async () => {
        expect((await send([marker], origin)).status).toBe(200)
        expect(Math.min(one.told.length, two.told.length)).toBeGreaterThan(1)
      },
      { ...DEADLINE, interval: 1_000 },
    )
    await send([event(11, 'mb_another'), event(12, key)], origin)
    await vi.waitFor(() => {
      for (const { told } of [one, two]) expect(told.join('\n')).toContain(event(12, key).eventId)
    }, DEADLINE)
    for (const { told } of [one, two]) expect(told.join('\n')).not.toContain('mb_another')
  })

  it('ends with the gateway, though the live view is open', async () => {
    const { read } = await watch()
    abort.abort()
    expect(await done).toBe(0)
    // It was ended, not cut off with the connections that are left at the end.
    await read
  })
})
