import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface GatewayRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The body as it came. */
  readonly bytes: Buffer
  /** Ids of the records in the body. */
  readonly ids: readonly string[]
}

export type GatewayAnswer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'cut'
  | 'hang'

/** A gateway that answers as the test says, for each request with its number from 0; without an answer it takes everything. */
export interface FakeGateway extends AsyncDisposable {
  readonly url: string
  readonly requests: GatewayRequest[]
  /** Ids that were answered as stored, in order. */
  readonly stored: string[]
  /** Most requests that were open at one time. */
  readonly mostOpen: () => number
}

export const accepted = (count: number): GatewayAnswer => ({
  status: 200,
  body: { accepted: count, failed: 0, results: [] },
})

export async function startFakeGateway(
  answer: (
    request: GatewayRequest,
    number: number,
  ) => GatewayAnswer | undefined | Promise<GatewayAnswer | undefined> = () => undefined,
): Promise<FakeGateway> {
  const requests: GatewayRequest[] = []
  const stored: string[] = []
  let open = 0
  let mostOpen = 0
  const server = createServer((incoming, outgoing) => {
    open++
    mostOpen = Math.max(mostOpen, open)
    outgoing.on('close', () => open--)
    void serve(incoming, outgoing)
  })

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const text = (incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
    const ids = text
      .trimEnd()
      .split('\n')
      .map(line => /"eventId":"([^"]+)"/.exec(line)?.[1] ?? '?')
    const request = { path: incoming.url ?? '', headers: incoming.headers, bytes, ids }
    const number = requests.push(request) - 1
    const given = (await answer(request, number)) ?? accepted(ids.length)
    if (given === 'hang') return
    if (given === 'cut') {
      outgoing.destroy()
      return
    }
    stored.push(...storedBy(given, ids))
    outgoing.writeHead(given.status, { 'content-type': 'application/json', ...given.headers })
    outgoing.end(given.body === undefined ? '' : JSON.stringify(given.body))
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stored,
    mostOpen: () => mostOpen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function storedBy(answer: Exclude<GatewayAnswer, string>, ids: readonly string[]): readonly string[] {
  if (answer.status === 200) return ids
  if (answer.status !== 207) return []
  const { results } = answer.body as { results: { index: number; status: number }[] }
  const failed = new Set(results.filter(result => result.status !== 200).map(result => result.index))
  return ids.filter((_, index) => !failed.has(index))
}
