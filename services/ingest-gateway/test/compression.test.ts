import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { anEvent, keyText, ndjson, type Reply, rawConnection, startGateway, until } from './gateway-kit.ts'

const MIB = 1 << 20
const compressors = {
  gzip: (body: Buffer) => gzipSync(body, { level: 1 }),
  br: (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: (body: Buffer) => zstdCompressSync(body),
} as const
const names = Object.keys(compressors) as (keyof typeof compressors)[]
const type = 'application/x-ndjson'

/** Sends a body without saying its length. */
async function sendChunked(port: number, body: string): Promise<{ readonly received: string }> {
  const connection = rawConnection(port)
  connection.socket.write(
    `POST /v1/events/lol HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${keyText('test')}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
  )
  connection.socket.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
  await until('the body is answered', () => connection.received !== '')
  return connection
}

describe.each(['gzip', 'zstd'] as const)('a body compressed by %s without Content-Encoding', name => {
  it.each(['application/json', type])('is refused with what to send, as %s', async form => {
    const { post } = await startGateway()
    const { json, text } = await post(compressors[name](Buffer.from(ndjson([anEvent()]))), { type: form })
    expect(json.failed ?? 1).toBeGreaterThan(0)
    expect(text).toContain(`The body looks like ${name}: send Content-Encoding: ${name}.`)
  })
})

describe.each(names)('bodies compressed by %s', name => {
  const compress = (text: string): Buffer => compressors[name](Buffer.from(text))
  const headers = { 'content-encoding': name }

  it('are taken', async () => {
    const { post, log } = await startGateway()
    const events = Array.from({ length: 3_000 }, () => anEvent())
    const reply = await post(compress(ndjson(events)), { type, headers })
    expect(reply.json).toMatchObject({ accepted: 3_000, failed: 0 })
    expect(log.json('lol.raw')).toEqual(events)
  })

  it.each([1, 2, 40])('are refused as cut off without their last %i bytes', async missing => {
    const { post, log } = await startGateway()
    const body = compress(ndjson([anEvent(), anEvent()]))
    const reply = await post(body.subarray(0, -missing), { type, headers })
    expect(reply.json).toMatchObject({ status: 400, code: 'body_cut_off' })
    expect(reply.json.detail).toContain(`after ${body.length - missing} bytes`)
    expect(log.stored).toEqual([])
  })

  it('are refused when they are something else', async () => {
    const { post } = await startGateway()
    const reply = await post(ndjson([anEvent()]), { type, headers })
    expect(reply.json).toMatchObject({ status: 400, code: 'bad_encoding' })
  })

  it('lose nothing that follows the end of a stream without saying so', async () => {
    const { post, log } = await startGateway()
    const one = compress(ndjson([anEvent()]))
    const reply = await post(Buffer.concat([one, one]), { type, headers })
    // gzip and zstd may consist of several members; the others may not.
    if (reply.status === 200) expect(log.of('lol.raw')).toHaveLength(2)
    else expect(reply.json).toMatchObject({ status: 400, code: 'bad_encoding' })
    const garbage = await post(Buffer.concat([one, Buffer.from('and more')]), { type, headers })
    expect(garbage.json).toMatchObject({ status: 400, code: 'bad_encoding' })
  })

  it('stop at the limit after decompression, whatever their ratio', async () => {
    const { post, log, registry } = await startGateway({ options: { maxDecodedBytes: 2 * MIB } })
    const bomb = compress('\n'.repeat(40 * MIB))
    expect(bomb.length).toBeLessThan(MIB)
    const reply = await post(bomb, { type, headers })
    expect(reply.json).toMatchObject({ status: 413, code: 'body_too_large' })
    expect(reply.json.detail).toContain(`${2 * MIB} bytes when decompressed`)
    expect(log.stored).toEqual([])
    expect(await registry.metrics()).toMatch(/in_flight_bytes\{.*\} 0\n/)
  })

  it('give the memory of their decoders back as soon as they are read', async () => {
    const { post, log } = await startGateway({
      options: { maxBodyBytes: MIB, maxDecodedBytes: MIB, inFlightBytes: 17 * MIB },
    })
    const { promise: stored, resolve: store } = Promise.withResolvers<void>()
    log.onAppend = async (...call) => {
      await stored
      return log.store(...call)
    }
    // With the decoders of all of these the budget would be exceeded many times.
    const waiting: Promise<Reply>[] = []
    let refused = 0
    while (waiting.length < 100 && refused === 0) {
      const reply = post(compress(ndjson([anEvent()])), { type, headers })
      reply.then(({ status }) => (refused += Number(status !== 200)))
      waiting.push(reply)
      await until('it is sent to the log, or refused', () => log.appends.length + refused === waiting.length)
    }
    store()
    expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([200]))
  })

  it('are charged to the budget of bytes as they are decompressed', async () => {
    const { post, health } = await startGateway({
      options: { maxBodyBytes: MIB, maxDecodedBytes: 4 * MIB, inFlightBytes: 20 * MIB },
    })
    const body = compress('\n'.repeat(3 * MIB))
    const replies = await Promise.all(Array.from({ length: 40 }, () => post(body, { type, headers })))
    const statuses = new Set(replies.map(({ status }) => status))
    // No record is in these, so so a body that the budget has room for is answered 400.
    for (const status of statuses) expect([400, 503]).toContain(status)
    for (const { json, headers: answered } of replies.filter(({ status }) => status === 503)) {
      expect(json.code).toBe('overloaded')
      expect(answered.get('retry-after')).toBe('1')
    }
    expect(health.notReady()).toBeNull()
  })
})

describe('bodies', () => {
  it('may be as large as the limit and not a byte larger, with or without a length', async () => {
    const gateway = await startGateway({ options: { maxBodyBytes: 20_000 } })
    const { post } = gateway
    const pad = (bytes: number): string => `${JSON.stringify(anEvent())}${' '.repeat(bytes)}`.slice(0, bytes)
    expect((await post(pad(20_000))).status).toBe(200)
    const reply = await post(pad(20_001))
    expect(reply.json).toMatchObject({ status: 413, code: 'body_too_large' })
    expect(reply.json.detail).toContain('20000 bytes as sent')
    const { port } = gateway
    const { received } = await sendChunked(port, pad(20_001))
    expect(received).toMatch(/^HTTP\/1.1 413 /)
  })

  it('are refused in an encoding that is not known', async () => {
    const { post } = await startGateway()
    for (const coding of ['deflate', 'gzip, br']) {
      const reply = await post('x', { headers: { 'content-encoding': coding } })
      expect(reply.json).toMatchObject({ status: 415, code: 'unsupported_encoding' })
      expect(reply.headers.get('accept-encoding')).toBe('gzip, br, zstd')
    }
    expect((await post(anEvent(), { headers: { 'content-encoding': 'identity' } })).status).toBe(200)
  })
})
