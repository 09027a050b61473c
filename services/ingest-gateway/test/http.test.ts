import { describe, expect, it } from 'vitest'
import { anEvent, keyText, rawConnection, startGateway, until } from './gateway-kit.ts'

const event = JSON.stringify(anEvent())
const headers = (more: readonly string[]): string =>
  [`Content-Type: application/json`, `Content-Length: ${event.length}`, ...more].join('\r\n')
const authorization = `Authorization: Bearer ${keyText('test')}`

/** What the gateway answers to bytes, once it has answered `count` times. */
async function answersTo(port: number, bytes: string, count = 1): Promise<string> {
  const connection = rawConnection(port)
  connection.socket.write(bytes)
  await until(
    `${count} answers came`,
    () => connection.closed || connection.received.split(/^HTTP\/1\.1 [2-5]/m).length > count,
  )
  await until('the last answer is whole', () => connection.closed || /\}\s*$/.test(connection.received))
  return connection.received
}

describe('requests that HTTP itself refuses', () => {
  it.each([
    ['without Host', `POST /v1/events/lol HTTP/1.1\r\n${headers([])}\r\n\r\n${event}`, 400, 'bad_request'],
    [
      'with another expectation',
      `POST /v1/events/lol HTTP/1.1\r\nHost: x\r\n${headers(['Expect: 200-maybe'])}\r\n\r\n${event}`,
      417,
      'expectation_failed',
    ],
    ['of no version', 'POST /v1/events/lol\r\n\r\n', 400, 'bad_request'],
    ['of another protocol', '\u0016\u0003\u0001 hello\r\n\r\n', 400, 'bad_request'],
    ['with a colon too few', 'POST /v1/events/lol HTTP/1.1\r\nHost x\r\n\r\n', 400, 'bad_request'],
    [
      'with two lengths',
      'POST /v1/events/lol HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      400,
      'bad_request',
    ],
    [
      'with a broken chunk',
      `POST /v1/events/lol HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'bad_request',
    ],
    [
      'with large headers',
      `GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
  ])('are answered with a problem document: one %s', async (_, bytes, status, code) => {
    const { port, log } = await startGateway()
    const answer = await answersTo(port, bytes)
    expect(answer).toContain(`HTTP/1.1 ${status} `)
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json')
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      status,
      code,
      detail: expect.any(String),
    })
    expect(log.stored).toEqual([])
  })

  it('may be without Host in HTTP/1.0', async () => {
    const { port, log } = await startGateway()
    const answer = await answersTo(
      port,
      `POST /v1/events/lol HTTP/1.0\r\n${authorization}\r\n${headers([])}\r\n\r\n${event}`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(log.stored).toHaveLength(1)
  })
})

describe('Expect: 100-continue', () => {
  const request = (more: readonly string[]): string =>
    `POST /v1/events/lol HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n${headers(more)}\r\n\r\n`

  it('asks for the body of a request that is admitted, and keeps the connection', async () => {
    const { port, log } = await startGateway()
    const connection = rawConnection(port)
    for (const count of [1, 2]) {
      connection.received = ''
      connection.socket.write(request([authorization]))
      await until('the body was asked for', () => connection.received.startsWith('HTTP/1.1 100 Continue'))
      connection.socket.write(event)
      await until('the answer came', () => connection.received.includes('"accepted":1'))
      expect(log.stored).toHaveLength(count)
    }
    expect(connection.closed).toBe(false)
  })

  it.each([
    ['a key', [], 401],
    ['a body of an allowed size', [authorization, 'X: y'], 413],
  ])('is refused before the body is sent to a request without %s', async (_, more, status) => {
    const { port } = await startGateway({ options: { maxBodyBytes: status === 413 ? event.length - 1 : 1 << 20 } })
    const connection = rawConnection(port)
    connection.socket.write(request(more))
    await until('the connection was closed', () => connection.closed)
    expect(connection.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })
})
