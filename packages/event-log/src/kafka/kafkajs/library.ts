import type { ClientLibrary } from '../client-library.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { KafkaJsAdmin } from './admin.ts'
import { KafkaJsFetcher } from './fetcher.ts'
import { KafkaJsMembership } from './membership.ts'
import { KafkaJsProducer } from './producer.ts'

export const kafkaJsLibrary = (settings: KafkaSettings): ClientLibrary => ({
  connectProducer: clientId => KafkaJsProducer.connect(settings, clientId),
  connectAdmin: clientId => KafkaJsAdmin.connect(settings, clientId),
  createMembership: (options, handler) => new KafkaJsMembership(options, settings, handler),
  createFetcher: clientId => new KafkaJsFetcher(settings, clientId),
})
