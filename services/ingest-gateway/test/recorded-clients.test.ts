import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { eventsOf, startEmbeddedGateway } from './embedded-log.ts'
import { keyText, rawConnection, until } from './gateway-kit.ts'

interface Session {
  readonly library: string
  readonly requests: readonly { readonly sent: string; readonly outcome: string }[]
}

const sessions = JSON.parse(
  await readFile(new URL('./sessions/python.json', import.meta.url), 'utf8'),
) as readonly Session[]

/** The statuses that the libraries gave to their callers, or made them of. */
const statusOf: Readonly<Record<string, number>> = {
  True: 200,
  ValidationError: 422,
  KafkaBridgeTopicNotFoundError: 404,
  KafkaBridgeResourceException: 401,
}

/** Sends the bytes of a recorded request and reads the answer to its end. */
async function replay(port: number, sent: string): Promise<{ readonly status: number; readonly body: string }> {
  const key = keyText('test')
  const bytes = sent
    .replace('{key}', key)
    .replace('{basic}', Buffer.from(`client:${key}`).toString('base64'))
    .replace('{host}', `127.0.0.1:${port}`)
  const connection = rawConnection(port)
  connection.socket.write(bytes, 'latin1')
  const answer = () =>
    /^HTTP\/1\.1 (\d+)[\s\S]*?content-length: (\d+)[\s\S]*?\r\n\r\n([\s\S]*)$/i.exec(connection.received)
  await until('the answer is complete', () => {
    const [, , length, body] = answer() ?? []
    return body !== undefined && Buffer.byteLength(body) === Number(length)
  })
  connection.socket.destroy()
  const [, status, , body] = answer()!
  return { status: Number(status), body: body! }
}

describe.each(sessions)('a recorded session of $library', ({ library, requests }) => {
  it('is answered as it was recorded', async () => {
    const { port, log } = await startEmbeddedGateway()
    const answers = []
    for (const { sent } of requests) answers.push(await replay(port, sent))
    expect(answers.map(({ status }) => status)).toEqual(
      requests.map(({ outcome }) => statusOf[outcome] ?? Number(outcome)),
    )
    const stored = await eventsOf(log, 'lol.raw')
    const notes = stored.map(({ note }) => note)
    expect(notes).toEqual(
      library === 'cloudevents' ? ['structured é', 'binary', 'bytes'] : ['json', '0', '1', '2', 'é'],
    )
    // The events of the SDK have one source and id, those of the other client have none.
    const ids = new Set(stored.map(({ eventId }) => eventId))
    expect(ids.size).toBe(library === 'cloudevents' ? 1 : notes.length)
    expect((await eventsOf(log, 'failed-events')).map(({ code }) => code)).toEqual(
      library === 'cloudevents' ? ['invalid_field'] : ['wrong_key'],
    )
  })
})
