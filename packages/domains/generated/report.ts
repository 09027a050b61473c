// Generated from index.ts by `npm run generate`.
import { reporter as lol } from '../lol/report.ts'
import { reporter as hotel } from '../hotel/report.ts'
import { reporter as antenna } from '../antenna/report.ts'
import { reporter as music } from '../music/report.ts'

export const reporters = [lol, hotel, antenna, music]
