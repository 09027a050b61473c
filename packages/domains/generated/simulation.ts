// Generated from index.ts by `npm run generate`.
import { simulation as lol } from '../lol/simulate.ts'
import { simulation as antenna } from '../antenna/simulate.ts'

export const simulations = [lol, antenna]
