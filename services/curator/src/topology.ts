import { type CurationOptions, curations } from '@millrace/domains/curation'
import type { Topology } from '@millrace/stream'

/** raw → curated for each domain that has a curation. */
export const createCuratorTopologies = ({
  domains,
  ...options
}: CurationOptions & { readonly domains?: readonly string[] | undefined } = {}): Topology[] =>
  curations
    .filter(({ source }) => domains?.includes(source.domain) ?? true)
    .map(curation => curation.createTopology(options))
