import type { CheatKind, Dials } from '../cheats/kinds.ts'
import type { Room } from '../room.ts'
import type { PlayerFacts } from './match-writer.ts'
import type { Models, PaceTable } from './play-tables.ts'

/** What makes a player of the realistic profile. */
export interface RealisticOptions extends PlayerFacts {
  /** Number of the player in the whole population, from 0. */
  readonly id: number
  readonly room: Room
  /** Number of the room. */
  readonly roomNumber: number
  /** Labels of what the player is, and of what happens. */
  readonly people: readonly (string | number)[]
  readonly labels: readonly (string | number)[]
  /** End of the simulation, ms since the epoch. */
  readonly endMs: number
  readonly cheat: CheatKind | null
  readonly dials: Dials
  /** Rate of the approaches, Hz; undefined for none. */
  readonly pathHz: number | undefined
  readonly models: Models
  readonly pace: PaceTable
}
