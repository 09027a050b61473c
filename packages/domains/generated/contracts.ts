// Generated from index.ts by `npm run generate`.
import { lol } from '../lol/contract.ts'

export const domainContracts = [lol]
