import type { Catalog } from '@millrace/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KeyRing } from '../keys/api-key.ts'
import type { LogClient } from '../log-client.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { isRefusal } from '../problem.ts'
import { queryOf } from '../query.ts'
import { confluentShape } from '../shapes/confluent-rest.ts'
import { keyOf } from '../steps/admit-request.ts'
import { resolveTopic } from '../steps/resolve-topic.ts'
import { sendAnswer, sendRefusal } from './send.ts'

/** `GET /topics` and `GET /topics/{topic}` of Confluent REST Proxy, of the topics that the key may write. */
export function registerTopics(
  server: FastifyInstance,
  {
    catalog,
    keys,
    logClient,
    metrics,
  }: {
    readonly catalog: Catalog
    readonly keys: KeyRing
    readonly logClient: LogClient
    readonly metrics: GatewayMetrics
  },
): void {
  const send = ({ headers }: FastifyRequest, reply: FastifyReply, content: object): FastifyReply =>
    sendAnswer(reply, { status: 200, contentType: confluentShape.answerType(headers), body: JSON.stringify(content) })

  server.get('/topics', (request, reply) => {
    const key = keyOf({ headers: request.headers, query: queryOf(request.url) }, keys, confluentShape)
    if (isRefusal(key)) return sendRefusal(reply, key, metrics)
    const names = [...catalog.routes.values()].map(({ name }) => name)
    return send(
      request,
      reply,
      names.filter(name => key.topics.includes(name)),
    )
  })

  server.get<{ Params: { topic: string } }>('/topics/:topic', async (request, reply) => {
    const key = keyOf({ headers: request.headers, query: queryOf(request.url) }, keys, confluentShape)
    if (isRefusal(key)) return sendRefusal(reply, key, metrics)
    const topic = resolveTopic(request.params.topic, key, catalog)
    if (isRefusal(topic)) return sendRefusal(reply, topic, metrics)
    const partitions = await logClient.partitionsOf(topic.name)
    if (partitions === null) return sendRefusal(reply, { code: 'log_unavailable', retryAfterS: 5 }, metrics)
    // Leaders and replicas belong to the cluster: -1 is Kafka's "no leader is known".
    const shown = partitions.map(partition => ({ partition, leader: -1, replicas: [] }))
    return send(request, reply, { name: topic.name, configs: {}, partitions: shown })
  })
}
