// Generated from index.ts by `npm run generate`.
import { lol } from '../lol/contract.ts'
import { antenna } from '../antenna/contract.ts'

export const domainContracts = [lol, antenna]
