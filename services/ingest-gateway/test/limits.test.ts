import { createServer } from 'node:net'
import { createCatalog } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { type Clock, createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGateway } from '../src/gateway.ts'
import { createKeyRing } from '../src/keys/api-key.ts'
import { FakeLog, failAll } from './fake-log.ts'
import { anEvent, keyText, rawConnection, startGateway, until } from './gateway-kit.ts'

const MIB = 1 << 20
const head = (more: string): string =>
  `POST /v1/events/lol HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${keyText('test')}\r\nContent-Type: application/json\r\n${more}\r\n`

/** Holds every append until `release` is called. */
function hold(log: FakeLog): () => void {
  let release = (): void => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  log.onAppend = async (...call) => {
    await held
    return log.store(...call)
  }
  return release
}

describe('back-pressure', () => {
  it('answers 503 when too many bytes are in flight, is not ready meanwhile, and recovers', async () => {
    const { post, log, health, registry } = await startGateway({
      options: { maxBodyBytes: MIB, maxDecodedBytes: MIB, inFlightBytes: 17 * MIB, ackDeadlineMs: 30_000 },
    })
    const release = hold(log)
    const large = anEvent({ pad: 'x'.repeat(MIB - 2_000) })
    const waiting = Array.from({ length: 16 }, () => post(large))
    await until('all are in flight', () => log.appends.length === 16)
    expect(health.notReady()).toEqual({ 'ingest-gateway capacity': expect.stringContaining('bytes are in flight') })
    const over = await post(large)
    expect(over.json).toMatchObject({ status: 503, code: 'overloaded' })
    expect(over.headers.get('retry-after')).toBe('1')
    expect(await registry.metrics()).toMatch(/in_flight_bytes\{.*\} 1[56]\d{6}\n/)
    release()
    for (const reply of await Promise.all(waiting)) expect(reply.status).toBe(200)
    expect(health.notReady()).toBeNull()
    expect((await post(large)).status).toBe(200)
  })

  it('answers 503 before it asks the log, and is not ready, while the log stores less than is sent', async () => {
    const { post, log, health } = await startGateway()
    log.onAppend = failAll('log_saturated', { bytes: 1, limit: 1 })
    const over = await post([anEvent(), anEvent()])
    expect(over.json).toMatchObject({
      status: 503,
      accepted: 0,
      results: Array(2).fill({ problem: { code: 'overloaded' } }),
    })
    expect(over.headers.get('retry-after')).toBe('1')
    expect(health.notReady()).toEqual({ 'ingest-gateway capacity': 'the event log stores less than is sent' })
    expect((await post(anEvent())).status).toBe(503)
    expect(log.appends).toHaveLength(1)
    log.onAppend = undefined
    await until('it takes events again', async () => (await post(anEvent())).status === 200)
    expect(health.notReady()).toBeNull()
  })

  it('charges an answer to the budget until its client reads it or disconnects', async () => {
    const { port, post, registry } = await startGateway()
    const body = `[${Array(9_000).fill('{}').join()}]`
    const connection = rawConnection(port)
    connection.socket.pause()
    connection.socket.write(`${head(`Content-Length: ${body.length}\r\n`)}${body}`)
    const held = async () => Number(/in_flight_bytes\{.*\} (\d+)\n/.exec(await registry.metrics())![1])
    await until('the answer is there', async () => /records_failed_total\S* 9000\n/.test(await registry.metrics()))
    expect(await held()).toBeGreaterThan(1_000_000)
    connection.socket.destroy()
    await until('its bytes are released', async () => (await held()) === 0)
    expect((await post(anEvent())).status).toBe(200)
  })

  it('validates large bodies one at a time, small ones in between, and refuses those that waited too long', async () => {
    let asked = 0
    // Every look at the clock takes a second, and a large body of many turns needs none in between.
    const clock: Clock = {
      now: () => systemClock.now() + 1_000 * asked++,
      sleep: (ms, signal) => systemClock.sleep(ms, signal),
    }
    const { post } = await startGateway({ clock, options: { ackDeadlineMs: 4_000 } })
    const large = JSON.stringify(Array.from({ length: 3_000 }, () => anEvent({ pad: 'x'.repeat(200) })))
    const [small, ...larges] = await Promise.all([post(anEvent()), post(large), post(large), post(large)])
    expect(small.status).toBe(200)
    // Which of them comes first depends on the network.
    expect(larges.map(({ status }) => status)).toContain(200)
    const refused = larges.find(({ status }) => status !== 200)
    expect(refused?.json).toMatchObject({ status: 503, code: 'overloaded' })
    expect(refused?.headers.get('retry-after')).toBe('1')
  })

  it('charges what it keeps of refused records, and says 503 when there is no room for that', async () => {
    const { post, log } = await startGateway({
      options: { maxBodyBytes: 4 * MIB, maxDecodedBytes: 4 * MIB, inFlightBytes: 21 * MIB },
    })
    const body = JSON.stringify(Array.from({ length: 4 }, () => anEvent({ x: 'far', pad: 'x'.repeat(900_000) })))
    const release = hold(log)
    const waiting = [post(body), post(body)]
    await until('both are in flight', () => log.appends.length === 2)
    const over = await post(body)
    expect(over.json).toMatchObject({
      status: 503,
      results: Array(4).fill({ problem: { code: 'failed_event_not_stored' } }),
    })
    release()
    for (const reply of await Promise.all(waiting)) expect(reply.status).toBe(422)
    expect(log.of('failed-events')).toHaveLength(8)
  })

  it('refuses to start with a budget that no largest body fits into', async () => {
    await expect(startGateway({ options: { inFlightBytes: MIB } })).rejects.toThrow(/at least \d+ are needed/)
  })
})

describe('slow and disconnected clients', () => {
  const timeouts = { requestTimeoutMs: 400, timeoutCheckMs: 20 }

  it.each([
    ['its body', head('Content-Length: 1000\r\n')],
    ['its headers', ''],
  ])('ends a request that sends %s a byte at a time', async (_, start) => {
    const { port, log, post, registry } = await startGateway({ options: timeouts })
    const connection = rawConnection(port)
    connection.socket.write(start)
    const rest = start === '' ? head('') : ' '.repeat(1_000)
    let sent = 0
    await until('the connection is closed', () => {
      if (!connection.closed) connection.socket.write(rest[sent++ % rest.length]!)
      return connection.closed
    })
    expect(connection.received).toMatch(/^HTTP\/1.1 408 /)
    expect(connection.received).toContain('"code":"request_timeout"')
    expect(connection.received).toContain('The whole request must arrive within 0.4 s.')
    expect(connection.received.toLowerCase()).toContain('connection: close')
    expect(log.stored).toEqual([])
    expect(await registry.metrics()).toMatch(/refusals_total\{of="request",code="request_timeout".*\} 1\n/)
    expect((await post(anEvent())).status).toBe(200)
  })

  it('closes a connection that is refused and goes on sending', async () => {
    const { port } = await startGateway({ options: timeouts })
    const connection = rawConnection(port)
    connection.socket.write(head('Transfer-Encoding: chunked\r\n').replace(keyText('test'), 'wrong'))
    await until('it is closed', () => {
      if (!connection.closed) connection.socket.write('1\r\nx\r\n')
      return connection.closed
    })
    expect(connection.received.match(/HTTP\/1.1/g)).toHaveLength(1)
    expect(connection.received).toMatch(/^HTTP\/1.1 401 /)
  })

  it('stores nothing of a client that goes away in the middle, and gives its bytes back', async () => {
    const { port, log, registry } = await startGateway()
    const connection = rawConnection(port)
    connection.socket.write(head('Content-Length: 100000\r\n') + JSON.stringify(anEvent()))
    await until('the body has begun', async () => (await registry.metrics()).match(/_connections\{.*\} 1\n/) !== null)
    connection.socket.destroy()
    await until('it is noticed', async () =>
      /refusals_total\{of="request",code="client_gone".*\} 1\n/.test(await registry.metrics()),
    )
    expect(log.stored).toEqual([])
    await until('the connection is closed here too', async () =>
      /_connections\{.*\} 0\n/.test(await registry.metrics()),
    )
    expect(await registry.metrics()).toMatch(/in_flight_bytes\{.*\} 0\n/)
  })

  it('answers a body whose framing is broken', async () => {
    const { port, log } = await startGateway()
    const connection = rawConnection(port)
    connection.socket.write(`${head('Transfer-Encoding: chunked\r\n')}5\r\n{"a":\r\nnonsense\r\n`)
    await until('it is answered and closed', () => connection.closed)
    expect(connection.received).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"bad_request"/)
    expect(log.stored).toEqual([])
  })

  it('stores what a client sent that goes away before the answer', async () => {
    const { port, log, post } = await startGateway()
    const release = hold(log)
    const connection = rawConnection(port)
    const body = JSON.stringify(anEvent())
    connection.socket.write(head(`Content-Length: ${body.length}\r\n`) + body)
    await until('the append has begun', () => log.appends.length === 1)
    connection.socket.destroy()
    release()
    await until('it is stored', () => log.stored.length === 1)
    expect((await post(anEvent())).status).toBe(200)
  })

  it('answers what is no HTTP, or too much of it, with a problem', async () => {
    const { port } = await startGateway()
    const garbage = rawConnection(port)
    garbage.socket.write('HELLO\r\n\r\n')
    await until('it is answered', () => garbage.closed)
    expect(garbage.received).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"bad_request"/)
    const large = rawConnection(port)
    large.socket.write(head(`X-Large: ${'x'.repeat(20_000)}\r\n`))
    await until('it is answered', () => large.closed)
    expect(large.received).toMatch(/^HTTP\/1.1 431 [\s\S]*"code":"headers_too_large"/)
  })

  it('takes no more connections than it may', async () => {
    const { port, registry } = await startGateway({ options: { maxConnections: 5 } })
    const connections = Array.from({ length: 12 }, () => rawConnection(port))
    await until('the rest are dropped', () => connections.filter(({ closed }) => closed).length >= 7)
    expect(await registry.metrics()).toMatch(/connections_dropped_total\{.*\} [7-9]\n/)
  })
})

describe('start and stop', () => {
  it('says which port is in use and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await until('the port is taken', () => other.listening)
    const { port } = other.address() as { port: number }
    const log = new FakeLog()
    const gateway = createGateway({
      catalog: createCatalog([lol]),
      log,
      keys: createKeyRing([]),
      clock: systemClock,
      logger: createLogger('x', { level: 'silent' }),
      metrics: createServiceMetrics('ingest-gateway', { processMetrics: false }),
      health: createHealth(),
      options: { port },
    })
    await expect(gateway.start()).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use: stop what listens there, or choose a free one (MILLRACE_HTTP_PORT; --port on the command line).`,
    )
    expect(log.closedProducers).toBe(1)
  })

  it('finishes requests in flight when it stops, then closes the producer', async () => {
    const { post, log, stop, port } = await startGateway()
    const release = hold(log)
    const reply = post(anEvent())
    await until('the append has begun', () => log.appends.length === 1)
    const stopped = stop()
    await until('it takes no more connections', async () => {
      const late = rawConnection(port)
      late.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await until('the connection is settled', () => late.closed || late.received !== '')
      return late.received === ''
    })
    expect(log.closedProducers).toBe(0)
    release()
    const { status, headers } = await reply
    expect(status).toBe(200)
    // A kept connection would hold up the stop.
    expect(headers.get('connection')).toBe('close')
    await stopped
    expect(log.closedProducers).toBe(1)
  })

  it('serves a request that was on its way when stopping began, and asks its client to close the connection', async () => {
    const { log, stop, port, url } = await startGateway()
    const connection = rawConnection(port)
    const body = JSON.stringify(anEvent())
    const request = head(`Content-Length: ${body.length}\r\n`) + body
    connection.socket.write(request.slice(0, 10))
    await fetch(url)
    const stopped = stop()
    connection.socket.write(request.slice(10))
    await stopped
    await until('it is closed', () => connection.closed)
    expect(connection.received).toMatch(/^HTTP\/1.1 200 /)
    expect(connection.received.toLowerCase()).toContain('connection: close')
    expect(log.stored).toHaveLength(1)
  })
})
