import type { ClientLibrary } from '../client-library.ts'
import type { KafkaSettings } from '../kafka-options.ts'
import { RequestAdmin } from './admin.ts'
import { RangeFetcher } from './fetcher.ts'
import { createGroupMember } from './group-member.ts'
import { IdempotentProducer } from './producer.ts'

export const platformaticLibrary = (settings: KafkaSettings): ClientLibrary => ({
  connectProducer: clientId => IdempotentProducer.connect(settings, clientId),
  connectAdmin: clientId => RequestAdmin.connect(settings, clientId),
  createMembership: (options, handler) => createGroupMember(options, settings, handler),
  createFetcher: clientId => new RangeFetcher(settings, clientId),
})
