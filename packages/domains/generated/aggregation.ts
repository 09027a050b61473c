// Generated from index.ts by `npm run generate`.
import { aggregation as hotel } from '../hotel/aggregate.ts'
import { aggregation as lostark } from '../lostark/aggregate.ts'
import { aggregation as ad } from '../ad/aggregate.ts'
import { aggregation as antenna } from '../antenna/aggregate.ts'
import { aggregation as music } from '../music/aggregate.ts'
import { aggregation as web } from '../web/aggregate.ts'

export const aggregations = [hotel, lostark, ad, antenna, music, web]
