import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Topic } from '@millrace/contracts'
import type { LogReader } from '@millrace/event-log'
import { createKeyRing, hashOfKey, type KeyRing, type PageServer } from '@millrace/ingest-gateway'
import type { Clock } from '@millrace/runtime'
import { createLiveEvents } from './live-events.ts'

/** Path of the shop below the gateway. */
export const SHOP_PATH = '/shop/'

/** What a visitor clicks needs far less. */
const QUOTA = { recordsPerSecond: 100, bytesPerSecond: 1_000_000 }
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const FILES = [
  { path: '', file: 'index.html' },
  { path: 'product', file: 'product.html' },
  { path: 'basket', file: 'basket.html' },
  { path: 'live', file: 'live.html' },
  { path: 'shop.css', file: 'shop.css' },
  { path: 'shop.js', file: 'shop.js' },
  { path: 'live.js', file: 'live.js' },
] as const

const MEDIA_TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' } as const

const mediaTypeOf = (file: string): string => MEDIA_TYPES[file.split('.')[1] as keyof typeof MEDIA_TYPES]

/** The names by which a browser on this machine reaches an address. */
const originsOf = (gatewayUrl: string): string[] => {
  const { port, origin } = new URL(gatewayUrl)
  return [...new Set([origin, `http://127.0.0.1:${port}`, `http://localhost:${port}`])]
}

/** A shop of three pages with the tracker on them, and a live view of what arrives. */
export interface DemoShop {
  /** The shop's browser key, besides those of the key file; it lives as long as the process. */
  readonly keys: KeyRing
  registerPages(server: PageServer): void
  /** Lets the pages of this gateway send. @param gatewayUrl its address */
  open(gatewayUrl: string): void
}

/** @param topic where browsers send events */
export function createDemoShop(parts: {
  readonly topic: Topic
  readonly log: LogReader
  readonly clock: Clock
}): DemoShop {
  const { topic } = parts
  const key = `mb_${randomBytes(16).toString('hex')}`
  const live = createLiveEvents({ ...parts, isShown: event => event.token === key })
  let ring = createKeyRing([])
  const pages = FILES.map(({ path, file }) => {
    const text = readFileSync(new URL(`pages/${file}`, import.meta.url), 'utf8')
    return { path: SHOP_PATH + path, mediaType: mediaTypeOf(file), text: text.replaceAll('__KEY__', key) }
  })
  return {
    keys: {
      find: text => ring.find(text),
      isLive: id => ring.isLive(id),
      allowsOrigin: origin => ring.allowsOrigin(origin),
    },
    open(gatewayUrl) {
      const name = 'demo shop'
      const fields = { name, hash: hashOfKey(key), topics: [topic.name], quota: QUOTA, browser: true as const }
      const createdAt = new Date(parts.clock.now()).toISOString()
      ring = createKeyRing([{ ...fields, id: 'demoshop', corsOrigins: originsOf(gatewayUrl), createdAt }])
    },
    registerPages(server) {
      for (const { path, mediaType, text } of pages)
        server.get(path, (_request, reply) =>
          reply
            .headers({
              'content-security-policy': CONTENT_SECURITY_POLICY,
              'content-type': `${mediaType}; charset=utf-8`,
              'cache-control': 'no-store',
              'x-content-type-options': 'nosniff',
            })
            .send(text),
        )
      live.register(server, `${SHOP_PATH}events`)
    },
  }
}
