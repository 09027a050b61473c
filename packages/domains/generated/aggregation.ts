// Generated from index.ts by `npm run generate`.
import { aggregation as lostark } from '../lostark/aggregate.ts'
import { aggregation as antenna } from '../antenna/aggregate.ts'

export const aggregations = [lostark, antenna]
