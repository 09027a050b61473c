// Generated from index.ts by `npm run generate`.
import { reporter as lol } from '../lol/report.ts'

export const reporters = [lol]
