import { Random } from '@millrace/simulation'
import { ANGLES, COARSE_BINS, MIDDLE_EDGES, REST } from '../simulate/realistic/bins.ts'
import { TURN_SIZES } from '../simulate/realistic/contexts.ts'
import { modelsOf, type PlayTables } from '../simulate/realistic/play-tables.ts'
import { drawHabits, Pointer } from '../simulate/realistic/pointer.ts'
import type { PointerRow } from './read-recordings.ts'

type PointerTables = Pick<PlayTables, 'kinds' | 'steps' | 'turns' | 'intervals'>

/** The table by distance and direction to the middle of the view. */
const MIDDLE_TABLE = 6
const PLAYERS = 12
const ROWS = 4000
const WARM_UP_ROWS = 200
const STRONGEST = 150
const HALVINGS = 6

const distanceOf = ({ x, y }: { readonly x: number; readonly y: number }): number => Math.hypot(x - REST.x, y - REST.y)

/** Mean distance of the pointer from the middle of the view over the rows of recordings, px. */
export function meanDistance(recordings: readonly (readonly PointerRow[])[]): number {
  const distances = recordings.flatMap(rows => rows.map(distanceOf))
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length
}

function simulatedDistance(tables: PointerTables): number {
  const models = modelsOf(tables)
  let sum = 0
  for (let player = 0; player < PLAYERS; player++) {
    const random = new Random('fit', 'pull', player)
    const pointer = new Pointer(models, drawHabits(models, random), random)
    for (let row = -WARM_UP_ROWS; row < ROWS; row++) {
      pointer.step(0, 0, Number.POSITIVE_INFINITY)
      if (row >= 0) sum += distanceOf(pointer.state)
    }
  }
  return sum / (PLAYERS * ROWS)
}

/** The turns with a stronger pull to the middle, the more the further away; `strength` in hundredths at the furthest. */
function withPull(tables: PointerTables, strength: number): PointerTables {
  const turns = [...tables.turns]
  const from = TURN_SIZES.slice(0, MIDDLE_TABLE).reduce((sum, size) => sum + size, 0)
  for (let ring = 0; ring <= MIDDLE_EDGES.length; ring++)
    for (let coarse = 0; coarse < COARSE_BINS; coarse++)
      for (let angle = 0; angle < ANGLES; angle++) {
        const towards = -Math.cos(((angle + 0.5) / ANGLES) * 2 * Math.PI)
        const index = from + (ring * COARSE_BINS + coarse) * ANGLES + angle
        turns[index] = Math.round(turns[index]! + (strength * towards * ring) / MIDDLE_EDGES.length)
      }
  return { ...tables, turns }
}

/**
 * Turns with which simulated pointers stay as near to the middle of the view as people's. Weights that are shrunk towards zero
 * let them stray, and a step that strays begins the next one.
 */
export function calibratePull(tables: PointerTables, wanted: number): readonly number[] {
  let low = 0
  let high = STRONGEST
  for (let halving = 0; halving < HALVINGS; halving++) {
    const strength = (low + high) / 2
    if (simulatedDistance(withPull(tables, strength)) > wanted) low = strength
    else high = strength
  }
  return withPull(tables, (low + high) / 2).turns
}
