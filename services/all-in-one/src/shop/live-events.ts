import type { ServerResponse } from 'node:http'
import type { EventOf, Topic } from '@millrace/contracts'
import type { LogReader, LogRecord } from '@millrace/event-log'
import type { PageServer } from '@millrace/ingest-gateway'
import type { Clock } from '@millrace/runtime'

const POLL_MS = 500
/** A connection that is silent for longer is closed. */
const HEARTBEAT_MS = 15_000
const MAX_VIEWERS = 20
/** Events that a viewer is shown of one poll; of more than that the first ones are left out. */
const MAX_EVENTS = 500

interface LiveEventsParts {
  readonly topic: Topic
  readonly log: LogReader
  readonly clock: Clock
  readonly isShown: (event: Readonly<Record<string, unknown>>) => boolean
}

interface Viewer {
  readonly response: ServerResponse
  /** By partition: offset up to which the viewer was told. */
  readonly told: Map<number, number>
  wroteMs: number
}

/** The events of a topic as server-sent events (WHATWG HTML, 9.2), from when a viewer connects. One poll of the log serves all of them. */
export function createLiveEvents({ topic, log, clock, isShown }: LiveEventsParts) {
  const viewers = new Set<Viewer>()
  const stopped = new AbortController()
  let isPolling = false

  async function readNew(): Promise<Map<number, readonly LogRecord[]>> {
    const found = new Map<number, readonly LogRecord[]>()
    for (const { partition, end } of await log.range(topic.name)) {
      const from = Math.min(end, ...[...viewers].map(({ told }) => told.get(partition) ?? end))
      const records: LogRecord[] = []
      for await (const batch of log.read(topic.name, partition, Math.max(from, end - MAX_EVENTS), end))
        records.push(...batch)
      found.set(partition, records)
      for (const { told } of viewers) if (!told.has(partition)) told.set(partition, end)
    }
    return found
  }

  function tell(viewer: Viewer, found: ReadonlyMap<number, readonly LogRecord[]>): void {
    let text = ''
    for (const [partition, records] of found) {
      const from = viewer.told.get(partition) ?? Number.POSITIVE_INFINITY
      for (const { offset, value } of records) {
        if (offset < from) continue
        viewer.told.set(partition, offset + 1)
        const line = value.toString()
        if (isShown(JSON.parse(line) as EventOf<Topic>)) text += `data: ${line}\n\n`
      }
    }
    const nowMs = clock.now()
    if (text === '' && nowMs - viewer.wroteMs >= HEARTBEAT_MS) text = ': nothing new\n\n'
    if (text === '') return
    viewer.wroteMs = nowMs
    viewer.response.write(text)
  }

  async function poll(): Promise<void> {
    while (viewers.size > 0 && !stopped.signal.aborted) {
      try {
        const found = await readNew()
        for (const viewer of viewers) tell(viewer, found)
      } catch {
        // The viewers connect again, and the log may answer then.
        for (const { response } of viewers) response.destroy()
        viewers.clear()
      }
      await clock.sleep(POLL_MS, stopped.signal).catch(() => {})
    }
  }

  return {
    register(server: PageServer, path: string): void {
      // Fastify waits for open connections when it closes.
      server.addHook('preClose', done => {
        stopped.abort()
        for (const { response } of viewers) response.end()
        done()
      })
      server.get(path, (_request, reply) => {
        if (viewers.size >= MAX_VIEWERS)
          return reply
            .code(503)
            .header('retry-after', '10')
            .send(`${MAX_VIEWERS} windows have the live view open: close one.\n`)
        reply.hijack()
        const response = reply.raw
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        response.write(`event: topic\ndata: ${JSON.stringify(topic.name)}\n\n`)
        const viewer: Viewer = { response, told: new Map(), wroteMs: clock.now() }
        viewers.add(viewer)
        response.on('close', () => viewers.delete(viewer))
        if (isPolling) return
        isPolling = true
        void poll().finally(() => {
          isPolling = false
        })
      })
    },
  }
}
