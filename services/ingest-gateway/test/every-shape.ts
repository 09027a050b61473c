import { keyText, type PostOptions, type Reply, type TestGateway } from './gateway-kit.ts'

type Post = TestGateway<unknown>['post']

/** How the bytes of one event are sent in one shape. */
export interface ShapeSender {
  readonly name: string
  /** @param eventId goes into the envelope where the shape has a place for it */
  send(post: Post, event: Buffer, options: SendOptions): Promise<Reply>
}

export interface SendOptions extends Pick<PostOptions, 'key'> {
  readonly topic: string
  /** Path of the topic's own route. */
  readonly path: string
  readonly eventId?: string
  readonly headers?: Record<string, string>
}

const wrap = (before: string, event: Buffer, after: string): Buffer =>
  Buffer.concat([Buffer.from(before), event, Buffer.from(after)])
const quoted = (event: Buffer): Buffer => Buffer.from(`"${event.toString('base64')}"`)

const attributes = ({ topic, eventId = '1' }: SendOptions): string =>
  `{"specversion":"1.0","type":"${topic}","source":"/test","id":"${eventId}",`

const sender =
  (type: string, pathOf: (options: SendOptions) => string, bodyOf: (event: Buffer, options: SendOptions) => Buffer) =>
  (post: Post, event: Buffer, options: SendOptions): Promise<Reply> =>
    post(bodyOf(event, options), {
      path: pathOf(options),
      type,
      key: options.key ?? keyText('test'),
      ...(options.headers ? { headers: options.headers } : {}),
    })

const topicPath = ({ topic }: SendOptions): string => `/topics/${topic}`
const cloudPath = (): string => '/v1/cloudevents'

/** The events shape in its forms, and each foreign shape in its own. */
export const everyShape: readonly ShapeSender[] = [
  {
    name: 'one event',
    send: sender(
      'application/json',
      ({ path }) => path,
      event => event,
    ),
  },
  {
    name: 'a batch',
    send: sender(
      'application/json',
      ({ path }) => path,
      event => wrap(' [\n', event, ' ]'),
    ),
  },
  {
    name: 'Confluent JSON',
    send: sender('application/vnd.kafka.json.v2+json', topicPath, event => wrap('{"records":[{"value":', event, '}]}')),
  },
  {
    name: 'Confluent binary',
    send: sender('application/vnd.kafka.binary.v2+json', topicPath, event =>
      wrap('{ "records" : [ { "key" : null, "value" : ', quoted(event), ' } ] }'),
    ),
  },
  {
    name: 'CloudEvents structured',
    send: sender('application/cloudevents+json', cloudPath, (event, options) =>
      wrap(`${attributes(options)}"data":`, event, ',"time":"2018-04-05T17:31:00Z"}'),
    ),
  },
  {
    name: 'CloudEvents structured, data_base64',
    send: sender('application/cloudevents+json; charset=utf-8', cloudPath, (event, options) =>
      wrap(`${attributes(options)}"datacontenttype":"application/json","data_base64":`, quoted(event), '}'),
    ),
  },
  {
    name: 'CloudEvents batch',
    send: sender('application/cloudevents-batch+json', cloudPath, (event, options) =>
      wrap(`[\n${attributes(options)}"data": `, event, ' }]'),
    ),
  },
  {
    name: 'CloudEvents binary',
    send: (post, event, options) =>
      sender('application/json', cloudPath, bytes => bytes)(post, event, {
        ...options,
        headers: {
          'ce-specversion': '1.0',
          'ce-type': options.topic,
          'ce-source': '/test',
          'ce-id': options.eventId ?? '1',
          ...options.headers,
        },
      }),
  },
]
