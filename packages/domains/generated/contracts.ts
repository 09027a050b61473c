// Generated from index.ts by `npm run generate`.
import { lol } from '../lol/contract.ts'
import { hotel } from '../hotel/contract.ts'
import { lostark } from '../lostark/contract.ts'
import { ad } from '../ad/contract.ts'
import { antenna } from '../antenna/contract.ts'
import { music } from '../music/contract.ts'
import { web } from '../web/contract.ts'

export const domainContracts = [lol, hotel, lostark, ad, antenna, music, web]
