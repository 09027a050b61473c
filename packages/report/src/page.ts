import type { Figure, Table } from './figure.ts'

/** A number and what it counts. */
export interface Tile {
  readonly label: string
  readonly value: string
}

/** One step of a flow. */
export interface FlowStep {
  readonly name: string
  /** What it has, such as "103,827 events". */
  readonly counts: readonly string[]
}

/** What a section is made of. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tiles'; readonly tiles: readonly Tile[] }
  | { readonly kind: 'flow'; readonly steps: readonly FlowStep[] }
  /** What was compared and came out, good or bad, with sentences about what is bad. */
  | {
      readonly kind: 'verdict'
      readonly isGood: boolean
      readonly text: string
      readonly examples?: readonly string[]
    }
  | { readonly kind: 'table'; readonly table: Table; readonly isFolded?: boolean }
  | { readonly kind: 'figure'; readonly figure: Figure }

export interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
  /** Stands beside the next narrow section where there is room. */
  readonly isNarrow?: boolean
}

/** A page: what it is about, and its sections. */
export interface Page {
  readonly title: string
  readonly lead: string
  readonly blocks: readonly Block[]
  readonly sections: readonly Section[]
}
