import type { DomainSimulation } from '@millrace/simulation'
import { simulations as ofDomains } from './generated/simulation.ts'

/** The simulation of each domain, by its name. */
export const simulations: ReadonlyMap<string, DomainSimulation> = new Map(
  ofDomains.map(simulation => [simulation.domain, simulation]),
)
