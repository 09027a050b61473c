import type { Profiling } from '../facets.ts'
import { music } from './contract.ts'
import { createInterestsTopology } from './profile/interests.ts'
import { createListensTopology } from './profile/listens.ts'
import { createModelsTopology } from './profile/models.ts'
import { createProfilesTopology } from './profile/profiles.ts'

/** Joined listens, interests, behaviour and advertising targets of customers. */
export const profiling: Profiling = {
  domain: music.name,
  createTopologies: parts => [
    createListensTopology(parts),
    createInterestsTopology(parts),
    createProfilesTopology(parts),
    createModelsTopology(parts),
  ],
}
