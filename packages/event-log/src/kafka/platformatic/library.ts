import type { ClientLibrary } from '../client-library.ts'
import type { KafkaSettings } from '../kafka-options.ts'

export const platformaticLibrary = (_settings: KafkaSettings): ClientLibrary => {
  throw new Error('not yet')
}
