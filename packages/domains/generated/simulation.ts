// Generated from index.ts by `npm run generate`.
import { simulation as lol } from '../lol/simulate.ts'
import { simulation as hotel } from '../hotel/simulate.ts'
import { simulation as lostark } from '../lostark/simulate.ts'
import { simulation as ad } from '../ad/simulate.ts'
import { simulation as antenna } from '../antenna/simulate.ts'
import { simulation as music } from '../music/simulate.ts'
import { simulation as web } from '../web/simulate.ts'

export const simulations = [lol, hotel, lostark, ad, antenna, music, web]
