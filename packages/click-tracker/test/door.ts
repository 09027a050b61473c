import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the door does with a request for events; nothing: it lets it through. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string }
  /** Cuts the connection before the gateway, or when the gateway has answered. */
  | 'cut'
  | 'cut-answer'

export interface SeenRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** Path and query. */
  readonly address: string
  readonly ids: readonly string[]
  readonly timestamps: readonly string[]
  readonly bytes: number
  /** Status of the gateway's answer; 0: the gateway was not asked. */
  status: number
  /** Ids that the gateway has acknowledged in an answer that went out. */
  acknowledged: readonly string[]
}

/** The network between browser and gateway. */
export interface Door {
  readonly url: string
  /** Everything but scripts. */
  readonly requests: SeenRequest[]
  /** Decides about requests for events. It may wait. */
  onEvents: ((request: SeenRequest) => Answer | undefined | Promise<Answer | undefined>) | undefined
  stop(): Promise<void>
}

/** A door on a free port in front of the gateway; scripts go through as well. */
export async function openDoor(gatewayUrl: string): Promise<Door> {
  const requests: SeenRequest[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const isEvents = request.method === 'POST'
    const events: { eventId: string; timestamp: string }[] = isEvents ? JSON.parse(body.toString()) : []
    const seen: SeenRequest = {
      method: request.method ?? '',
      headers: request.headers,
      address: request.url ?? '',
      ids: events.map(({ eventId }) => eventId),
      timestamps: events.map(({ timestamp }) => timestamp),
      bytes: body.length,
      status: 0,
      acknowledged: [],
    }
    if (request.method !== 'GET') requests.push(seen)
    const decided = isEvents ? await door.onEvents?.(seen) : undefined
    if (decided === 'cut') return void request.socket.destroy()
    if (decided !== undefined && decided !== 'cut-answer')
      return send(response, { 'access-control-allow-origin': '*', ...decided.headers }, decided)
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
    const answer = await fetch(gatewayUrl + request.url, {
      method: request.method ?? 'GET',
      headers: { ...(headers as Record<string, string>), 'accept-encoding': 'identity' },
      ...(isEvents ? { body } : {}),
    })
    const text = await answer.text()
    seen.status = answer.status
    if (decided === 'cut-answer') return void request.socket.destroy()
    if (isEvents && answer.ok) {
      const failed = new Set<number>(JSON.parse(text).results.map(({ index }: { index: number }) => index))
      seen.acknowledged = seen.ids.filter((_, index) => !failed.has(index))
    }
    const {
      'content-length': _size,
      connection: _kept,
      'keep-alive': _alive,
      'transfer-encoding': _coding,
      ...kept
    } = Object.fromEntries(answer.headers)
    send(response, kept, { status: answer.status, body: text })
  })
  const door: Door = {
    url: '',
    requests,
    onEvents: undefined,
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(door, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

function send(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  { status, body }: { status: number; body: string },
): void {
  response.writeHead(status, headers).end(body)
}
