import type { PostOptions, TestGateway } from './gateway-kit.ts'

export const JSON_TYPE = 'application/vnd.kafka.json.v2+json'
export const BINARY_TYPE = 'application/vnd.kafka.binary.v2+json'
export const ANSWER_TYPE = 'application/vnd.kafka.v2+json'

export const produce = ({ post }: Pick<TestGateway<unknown>, 'post'>, body: unknown, options: PostOptions = {}) =>
  post(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body), {
    path: '/topics/lol.raw',
    type: JSON_TYPE,
    ...options,
  })
export const recordsIn = (events: readonly unknown[]) => ({ records: events.map(value => ({ value })) })
export const base64 = (text: string): string => Buffer.from(text).toString('base64')
