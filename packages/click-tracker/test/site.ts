import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A page of a site. */
export interface SitePage {
  readonly head?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** False: the page has no tracker. */
  readonly tracker?: boolean
  /** Options of `init`, instead of those of the site. */
  readonly options?: Readonly<Record<string, unknown>>
}

export interface Site {
  readonly origin: string
  readonly port: number
  /** Puts pages below a path of their own; returns the address of that path. */
  add(path: string, pages: Readonly<Record<string, SitePage>>, options: Readonly<Record<string, unknown>>): string
  stop(): Promise<void>
}

/** The snippet of the documentation, with these options. */
export const snippet = (options: Readonly<Record<string, unknown>>): string => `<script>
window.millrace = window.millrace || function () { (millrace.q = millrace.q || []).push(arguments) }
millrace('init', ${JSON.stringify(options)})
</script>
<script async src="${options.endpoint}/tracker/v1.js" crossorigin></script>`

/** A server of web pages on a free port. */
export async function openSite(): Promise<Site> {
  const pages = new Map<string, { page: SitePage; options: Readonly<Record<string, unknown>> }>()
  const server = createServer((request, response) => {
    const found = pages.get(new URL(request.url ?? '/', 'http://site').pathname)
    if (!found) return void response.writeHead(404).end()
    const { page, options } = found
    const tracker = page.tracker === false ? '' : snippet({ ...options, ...page.options })
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page.headers })
      .end(
        `<!doctype html><html><head><title>A page</title><link rel="icon" href="data:,">${page.head ?? ''}${tracker}</head><body style="margin:0">${page.body ?? ''}</body></html>`,
      )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    port,
    add(path, added, options) {
      for (const [name, page] of Object.entries(added)) pages.set(`${path}${name}`, { page, options })
      return `${origin}${path}`
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
