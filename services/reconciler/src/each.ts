import type { Catalog, Topic } from '@millrace/contracts'

/** The topics that have one record for each event of a topic. */
export const eachOf = (catalog: Catalog, { name }: Topic): Topic[] =>
  catalog.derivedOf(name).filter(({ derivedFrom }) => derivedFrom?.relation === 'each')

/** The topics whose every event has a record with the same id in this one, directly or through others. */
export const sourcesOfEach = ({ derivedFrom }: Topic): Topic[] =>
  derivedFrom?.relation === 'each' ? [derivedFrom.topic, ...sourcesOfEach(derivedFrom.topic)] : []

/** Whether events of a topic have rows, of their own or of what is derived from each of them. */
export const reachesMart = (catalog: Catalog, topic: Topic): boolean =>
  catalog.mappingsOf(topic.name).length > 0 || eachOf(catalog, topic).some(derived => reachesMart(catalog, derived))
