import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { type Clock, systemClock } from '@millrace/runtime'

/** A place between a client and a server where the network can be made to misbehave. */
export interface TcpProxy {
  /** `host:port` for clients. */
  readonly address: string
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** Every byte arrives this much later, in both directions. */
  delay(ms: number): void
  /** All connections and both directions together pass this many bytes a second, as a narrow line does. */
  throttle(bytesPerSecond: number): void
  /** Requests go on to the server and are carried out; what it answers is thrown away. */
  dropAnswers(): void
  /** Nothing gets through either way, and nothing is lost: `restore` lets it go on. */
  hold(): void
  /** Cuts every connection and refuses new ones. */
  refuse(): Promise<void>
  /** Cuts every connection with a reset; new ones are taken. Returns how many there were. */
  cut(): number
  /** Back to passing everything on at once; a connection of which answers were dropped is cut. */
  restore(): Promise<void>
  close(): Promise<void>
}

export interface TcpProxyOptions {
  /** `host:port` or an http address of the server. */
  readonly target: string
  /** `host:port` to listen on; default is a free port of 127.0.0.1. */
  readonly listen?: string
  readonly clock?: Clock
}

/** Bytes that may wait in one direction of one connection before its sender is made to wait. */
const QUEUE_BYTES = 2 ** 20
const CATCH_UP_MS = 250

interface Network {
  delayMs: number
  bytesPerSecond: number
  /** When the line has passed what it took. */
  busyUntilMs: number
  dropsAnswers: boolean
  /** Settles when bytes may go on; pending while the network is held. */
  open: Promise<void>
}

/** Starts a proxy before a server. @throws when the address to listen on is taken */
export async function createTcpProxy({ target, listen, clock = systemClock }: TcpProxyOptions): Promise<TcpProxy> {
  const destination = parseAddress(target)
  const wanted = listen === undefined ? { host: '127.0.0.1', port: 0 } : parseAddress(listen)
  const network: Network = {
    delayMs: 0,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    busyUntilMs: 0,
    dropsAnswers: false,
    open: Promise.resolve(),
  }
  let letGo: (() => void) | null = null
  const pairs = new Set<{ client: Socket; server: Socket; lostAnswers: boolean }>()

  const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const server = net.connect({ ...destination, allowHalfOpen: true, noDelay: true })
    const pair = { client, server, lostAnswers: false }
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
    for (const socket of [client, server]) {
      socket.on('error', end)
      socket.on('close', () => {
        if (client.destroyed && server.destroyed) pairs.delete(pair)
      })
    }
    relay(client, server, { network, clock, isLost: () => false })
    relay(server, client, {
      network,
      clock,
      isLost: () => {
        pair.lostAnswers ||= network.dropsAnswers
        return network.dropsAnswers
      },
    })
  })
  const bind = async (port: number) => {
    listener.listen(port, wanted.host)
    await once(listener, 'listening')
  }
  await bind(wanted.port)
  const { port } = listener.address() as AddressInfo

  const cut = (which: (pair: { lostAnswers: boolean }) => boolean = () => true): number => {
    const chosen = [...pairs].filter(which)
    for (const { client, server } of chosen) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
    return chosen.length
  }
  const stopListening = async () => {
    if (!listener.listening) return
    const closed = once(listener, 'close')
    listener.close()
    cut()
    await closed
  }
  return {
    address: `${wanted.host}:${port}`,
    port,
    get connections() {
      return pairs.size
    },
    delay: ms => {
      network.delayMs = ms
    },
    throttle: bytesPerSecond => {
      network.bytesPerSecond = bytesPerSecond
    },
    dropAnswers: () => {
      network.dropsAnswers = true
    },
    hold: () => {
      if (letGo) return
      network.open = new Promise(resolve => {
        letGo = resolve
      })
    },
    refuse: stopListening,
    cut: () => cut(),
    async restore() {
      cut(pair => pair.lostAnswers)
      network.delayMs = 0
      network.bytesPerSecond = Number.POSITIVE_INFINITY
      network.busyUntilMs = 0
      network.dropsAnswers = false
      network.open = Promise.resolve()
      letGo?.()
      letGo = null
      if (!listener.listening) await bind(port)
    },
    async close() {
      letGo?.()
      await stopListening()
    },
  }
}

/** Passes bytes on in order, each no sooner than its delay after it came. */
function relay(
  from: Socket,
  to: Socket,
  { network, clock, isLost }: { network: Network; clock: Clock; isLost: () => boolean },
): void {
  const queue: { chunk: Buffer | null; dueMs: number }[] = []
  let queuedBytes = 0
  let pumping = false

  const pump = async () => {
    pumping = true
    for (let next = queue[0]; next; next = queue[0]) {
      const waitMs = Math.max(next.dueMs, passedMs(network, next.chunk?.length ?? 0, clock)) - clock.now()
      if (waitMs > 0) await clock.sleep(waitMs)
      await network.open
      queue.shift()
      if (to.destroyed) break
      if (next.chunk === null) to.end()
      else if (!isLost() && !to.write(next.chunk)) await drained(to)
      queuedBytes -= next.chunk?.length ?? 0
      if (queuedBytes < QUEUE_BYTES) from.resume()
    }
    pumping = false
  }
  const push = (chunk: Buffer | null) => {
    queue.push({ chunk, dueMs: clock.now() + network.delayMs })
    queuedBytes += chunk?.length ?? 0
    if (queuedBytes >= QUEUE_BYTES) from.pause()
    if (!pumping) pump().catch(() => to.destroy())
  }
  from.on('data', (chunk: Buffer) => push(chunk))
  from.on('end', () => push(null))
}

/**
 * Puts bytes on the line after all that it took before; returns when the last of them is through. A busy process wakes
 * late: what the line missed meanwhile is caught up.
 */
function passedMs(network: Network, bytes: number, clock: Clock): number {
  const freeMs = Math.max(network.busyUntilMs, clock.now() - CATCH_UP_MS)
  network.busyUntilMs = freeMs + (bytes / network.bytesPerSecond) * 1_000
  return network.busyUntilMs
}

function drained(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}

function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:https?:\/\/)?([^:/]+):(\d+)\/?$/.exec(address)
  if (!match) throw new Error(`"${address}" is not an address; expected host:port or http://host:port.`)
  return { host: match[1]!, port: Number(match[2]) }
}
