import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { ManualClock } from '@millrace/runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { waitUntil } from './wait-until.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A server that sends back what it gets, and what it has got so far. */
async function echoServer() {
  const seen: string[] = []
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => {})
    socket.on('data', chunk => {
      seen.push(chunk.toString())
      socket.write(chunk)
    })
    socket.on('end', () => socket.end('bye'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return { target: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function connect(proxy: TcpProxy) {
  const socket: Socket = net.connect(proxy.port, '127.0.0.1')
  let got = ''
  let error: NodeJS.ErrnoException | undefined
  socket.on('data', chunk => {
    got += chunk.toString()
  })
  socket.on('error', problem => {
    error = problem
  })
  closers.push(() => socket.destroy())
  return {
    socket,
    get got() {
      return got
    },
    get error() {
      return error
    },
    gets: (text: string) => waitUntil(() => got === text, { deadlineMs: 60_000, what: `the answer "${text}"` }),
    ends: () => waitUntil(() => socket.closed, { deadlineMs: 60_000, what: 'the connection to end' }),
  }
}

async function proxyBefore(target: string, clock?: ManualClock) {
  const proxy = await createTcpProxy({ target, ...(clock ? { clock } : {}) })
  closers.push(() => proxy.close())
  return proxy
}

describe('createTcpProxy', () => {
  it('passes bytes and the ends of both directions on', async () => {
    const { target } = await echoServer()
    const client = connect(await proxyBefore(`http://${target}`))
    client.socket.write('hello ')
    await client.gets('hello ')
    client.socket.end()
    await client.gets('hello bye')
    await client.ends()
    expect(client.error).toBeUndefined()
  })

  it('makes a sender wait when its queues are full, and passes everything on unchanged', async () => {
    const { target } = await echoServer()
    const proxy = await proxyBefore(target)
    const client = connect(proxy)
    proxy.hold()
    const sent = Array.from({ length: 200_000 }, (_, index) => `${index},`)
      .join('')
      .repeat(15)
    for (let at = 0; at < sent.length; at += 65_536) client.socket.write(sent.slice(at, at + 65_536))
    client.socket.end()
    let waiting = 0
    await waitUntil(
      () => {
        const before = waiting
        waiting = client.socket.writableLength
        return waiting > 0 && waiting === before
      },
      { deadlineMs: 60_000, what: 'the sender to be held up', intervalMs: 500 },
    )
    await proxy.restore()
    await waitUntil(() => client.got.length === sent.length + 3, {
      deadlineMs: 60_000,
      what: 'all the bytes to be back',
    })
    expect(client.got === `${sent}bye`).toBe(true)
  })

  it('delays each direction', async () => {
    const clock = new ManualClock()
    const { target, seen } = await echoServer()
    const proxy = await proxyBefore(target, clock)
    const client = connect(proxy)
    client.socket.write('a')
    await client.gets('a')
    proxy.delay(100)
    client.socket.write('b')
    const startMs = clock.now()
    let arrivedMs = 0
    await waitUntil(
      async () => {
        await clock.advance(10)
        if (seen.length === 2) arrivedMs ||= clock.now()
        return client.got === 'ab'
      },
      { deadlineMs: 60_000, what: 'the delayed answer', intervalMs: 1 },
    )
    expect(arrivedMs - startMs).toBeGreaterThanOrEqual(100)
    expect(clock.now() - arrivedMs).toBeGreaterThanOrEqual(90)
  })

  it('passes no more than so many bytes a second', async () => {
    const clock = new ManualClock()
    const { target, seen } = await echoServer()
    const proxy = await proxyBefore(target, clock)
    const client = connect(proxy)
    proxy.throttle(1_000)
    const startMs = clock.now()
    client.socket.write('x'.repeat(2_000))
    await waitUntil(
      async () => {
        await clock.advance(10)
        return seen.join('').length === 2_000
      },
      { deadlineMs: 60_000, what: 'the bytes to arrive', intervalMs: 1 },
    )
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(1_700)
    await proxy.restore()
    client.socket.write('y')
    await waitUntil(
      async () => {
        await clock.advance(10)
        return client.got.endsWith('y')
      },
      { deadlineMs: 60_000, what: 'the answer', intervalMs: 1 },
    )
  })

  it('drops answers while requests are carried out, and cuts such a connection when restored', async () => {
    const { target, seen } = await echoServer()
    const proxy = await proxyBefore(target)
    const client = connect(proxy)
    client.socket.write('a')
    await client.gets('a')
    proxy.dropAnswers()
    client.socket.write('b')
    await waitUntil(() => seen.join('') === 'ab', { deadlineMs: 60_000, what: 'the request to arrive' })
    const bystander = connect(proxy)
    await waitUntil(() => proxy.connections === 2, { deadlineMs: 60_000, what: 'the second connection' })
    await proxy.restore()
    await client.ends()
    expect(client.got).toBe('a')
    bystander.socket.write('c')
    await bystander.gets('c')
  })

  it('holds bytes and lets them go', async () => {
    const { target, seen } = await echoServer()
    const proxy = await proxyBefore(target)
    const client = connect(proxy)
    client.socket.write('a')
    await client.gets('a')
    proxy.hold()
    proxy.hold()
    client.socket.write('b')
    const other = await createTcpProxy({ target })
    closers.push(() => other.close())
    const witness = connect(other)
    witness.socket.write('w')
    await witness.gets('w')
    expect(seen.join('')).toBe('aw')
    await proxy.restore()
    await client.gets('ab')
  })

  it('refuses, and takes connections at the same address when restored', async () => {
    const { target } = await echoServer()
    const proxy = await proxyBefore(target)
    const before = connect(proxy)
    before.socket.write('a')
    await before.gets('a')
    await proxy.refuse()
    await before.ends()
    const refused = connect(proxy)
    await refused.ends()
    expect(refused.error?.code).toBe('ECONNREFUSED')
    await proxy.restore()
    const after = connect(proxy)
    after.socket.write('c')
    await after.gets('c')
  })

  it('cuts connections with a reset and says how many', async () => {
    const { target } = await echoServer()
    const proxy = await proxyBefore(target)
    const clients = [connect(proxy), connect(proxy)]
    for (const client of clients) {
      client.socket.write('a')
      await client.gets('a')
    }
    expect(proxy.cut()).toBe(2)
    for (const client of clients) {
      await client.ends()
      expect(client.error?.code).toBe('ECONNRESET')
    }
    expect(proxy.connections).toBe(0)
  })

  it('resets its clients when the server is not there', async () => {
    const { target } = await echoServer()
    await closers.pop()!()
    const client = connect(await proxyBefore(target))
    await client.ends()
    expect(client.error?.code).toBe('ECONNRESET')
  })

  it('says what an address looks like', async () => {
    await expect(createTcpProxy({ target: 'localhost' })).rejects.toThrow('expected host:port')
  })
})
