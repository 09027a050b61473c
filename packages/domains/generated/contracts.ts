// Generated from index.ts by `npm run generate`.

import { antenna } from '../antenna/contract.ts'
import { lol } from '../lol/contract.ts'

export const domainContracts = [lol, antenna]
