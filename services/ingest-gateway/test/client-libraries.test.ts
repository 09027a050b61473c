import { createRequire } from 'node:module'
import { CloudEvent, emitterFor, HTTP, type Message, Mode } from 'cloudevents'
import { describe, expect, it } from 'vitest'
import { eventsOf, recordsOf, startEmbeddedGateway } from './embedded-log.ts'
import { aKey, anEvent, keyText } from './gateway-kit.ts'

/** The client of Confluent for Node, which has no types. */
interface KafkaRestClient {
  topic(name: string): {
    produce(...messages: unknown[]): void
    get(done: (error: KafkaRestError | null, topic?: { readonly raw: unknown }) => void): void
  }
  readonly topics: { list(done: (error: KafkaRestError | null, topics?: readonly { name: string }[]) => void): void }
}
interface KafkaRestError {
  readonly status: number
  readonly message: string
  readonly data: { readonly error_code: number; readonly offsets?: readonly { readonly error_code: number }[] }
}
interface KafkaRestModule {
  new (config: { url: string; version?: number; headers?: Record<string, string> }): KafkaRestClient
  prototype: { SUPPORTED_VERSIONS: number[] }
}
const KafkaRest: KafkaRestModule = createRequire(import.meta.url)('kafka-rest')
// It knows only version 1; the bodies of version 2 are the same.
KafkaRest.prototype.SUPPORTED_VERSIONS = [1, 2]

const authorization = `Bearer ${keyText('test')}`

/** What a call of the library gives to its callback. */
const resultOf = <T>(call: (done: (error: KafkaRestError | null, value?: T) => void) => void) =>
  new Promise<{ error: KafkaRestError | null; value?: T | undefined }>(resolve =>
    call((error, value) => resolve({ error, value })),
  )

describe.each([1, 2])('kafka-rest, version %i of the API', version => {
  it('stores messages and reads where they are', async () => {
    const { url, log } = await startEmbeddedGateway()
    const client = new KafkaRest({ url, version, headers: { Authorization: authorization } })
    const events = [anEvent(), anEvent({ note: 'é' })]
    const [first, second] = events.map(event => JSON.stringify(event))
    const { error, value } = await resultOf(done =>
      client.topic('lol.raw').produce({ key: String(events[0]!.account), value: first }, { value: second }, done),
    )
    expect(error).toBeNull()
    const records = await recordsOf(log, 'lol.raw')
    expect(value).toEqual({
      offsets: [0, 1].map(offset => ({ partition: records[0]!.partition, offset, error_code: null, error: null })),
      key_schema_id: null,
      value_schema_id: null,
    })
    expect(records.map(({ value: bytes }) => bytes.toString())).toEqual([first, second])
  })

  it('reads the errors', async () => {
    const { url, log } = await startEmbeddedGateway({ keys: [aKey('test', { topics: ['lol.raw'] })] })
    const client = new KafkaRest({ url, version, headers: { Authorization: authorization } })
    const produce = (topic: string, message: unknown) =>
      resultOf(done => client.topic(topic).produce(message, done)).then(({ error }) => error)
    expect(await produce('lol.raw', JSON.stringify(anEvent({ x: 'far' })))).toMatchObject({
      status: 422,
      message: 'Field /x: got the string "far", expected a number.',
      data: { error_code: 42203, offsets: [{ error_code: 42203 }] },
    })
    expect(await produce('lol.truth', '{}')).toMatchObject({ status: 403, data: { error_code: 40301 } })
    expect(await produce('lol.rwa', '{}')).toMatchObject({
      status: 404,
      message: expect.stringContaining('Did you mean lol.raw?'),
      data: { error_code: 40401 },
    })
    expect(await recordsOf(log, 'lol.raw')).toEqual([])
  })

  it('lists topics and asks for one', async () => {
    const { url } = await startEmbeddedGateway({ keys: [aKey('test', { topics: ['lol.raw'] })] })
    const client = new KafkaRest({ url, version, headers: { Authorization: authorization } })
    const { value: topics } = await resultOf<readonly { name: string }[]>(done => client.topics.list(done))
    expect(topics?.map(({ name }) => name)).toEqual(['lol.raw'])
    const { value: topic } = await resultOf<{ readonly raw: unknown }>(done => client.topic('lol.raw').get(done))
    expect(topic?.raw).toEqual({
      name: 'lol.raw',
      configs: {},
      partitions: [0, 1, 2, 3, 4, 5].map(partition => ({ partition, leader: -1, replicas: [] })),
    })
  })
})

describe('the CloudEvents SDK', () => {
  const attributes = { type: 'lol.raw', source: 'https://game.example/eu', id: 'move-17' }

  it.each([Mode.STRUCTURED, Mode.BINARY])('sends events in %s mode', async mode => {
    const { url, log } = await startEmbeddedGateway()
    const send = async ({ headers, body }: Message): Promise<Response> =>
      fetch(`${url}/v1/cloudevents`, {
        method: 'POST',
        headers: { ...(headers as Record<string, string>), authorization },
        body: String(body),
      })
    const emit = emitterFor(send, { binding: HTTP, mode })
    const { eventId, ...data } = anEvent({ note: 'é' })
    const responses = [
      (await emit(new CloudEvent({ ...attributes, data }))) as Response,
      (await emit(new CloudEvent({ ...attributes, data }))) as Response,
      (await emit(new CloudEvent({ ...attributes, id: String(eventId), data }))) as Response,
      (await emit(new CloudEvent({ ...attributes, type: 'com.example.move', data }))) as Response,
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 404])
    const stored = await eventsOf(log, 'lol.raw')
    expect(stored.map(({ eventId: _, ...fields }) => fields)).toEqual([data, data, data])
    const [first, retried, given] = stored.map(record => record.eventId)
    expect(retried).toBe(first)
    expect(given).toBe(eventId)
  })

  it('sends a batch of its events', async () => {
    const { post, log } = await startEmbeddedGateway()
    const events = [anEvent(), anEvent({ x: 'far' }), anEvent()].map(
      (data, index) => new CloudEvent({ ...attributes, id: `move-${index}`, data }),
    )
    const reply = await post(JSON.stringify(events), {
      path: '/v1/cloudevents',
      type: 'application/cloudevents-batch+json',
    })
    expect(reply.status).toBe(207)
    expect(reply.json.results.map(({ status }: { status: number }) => status)).toEqual([200, 422, 200])
    expect(await eventsOf(log, 'lol.raw')).toEqual([events[0]!.data, events[2]!.data])
  })
})
