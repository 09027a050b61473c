// Generated from index.ts by `npm run generate`.
import { reporter as lol } from '../lol/report.ts'
import { reporter as hotel } from '../hotel/report.ts'
import { reporter as lostark } from '../lostark/report.ts'
import { reporter as ad } from '../ad/report.ts'
import { reporter as antenna } from '../antenna/report.ts'
import { reporter as music } from '../music/report.ts'
import { reporter as web } from '../web/report.ts'

export const reporters = [lol, hotel, lostark, ad, antenna, music, web]
